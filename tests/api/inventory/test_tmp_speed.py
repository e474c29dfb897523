import time, uuid, cProfile, pstats
async def test_speed(company):
    loc = await company.location(); unit = await company.first("/units", code="pcs")
    def batch(b):
        return {"items":[{"idempotency_key":uuid.uuid4().hex,"sku":f"S{b}-{i}","name":f"Name {i}","unit_id":unit,"price":"2.55","opening_stock":{"location_id":loc,"quantity":"5","unit_cost":"1.25","effective_at":"2021-01-01T00:00:00Z"}} for i in range(100)]}
    import orjson
    bodies=[orjson.dumps(batch(b)) for b in range(22)]
    h={"content-type":"application/json"}
    for b in bodies[:2]:
        r=await company.client.post("/api/v1/products/batch",content=b,headers=h); assert all(i["status"]==201 for i in r.json()["items"])
    p=cProfile.Profile(); 
    t=time.perf_counter(); c=time.process_time()
    for b in bodies[2:12]:
        r=await company.client.post("/api/v1/products/batch",content=b,headers=h)
    d=time.perf_counter()-t
    print("\nRATE", 1000/d, "per s; cpu ms per item", (time.process_time()-c))
    p.enable()
    for b in bodies[12:]:
        r=await company.client.post("/api/v1/products/batch",content=b,headers=h)
    p.disable()
    pstats.Stats(p).sort_stats("tottime").print_stats(22)
