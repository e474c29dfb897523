"""smoke"""
async def test_boot(api, company):
    me = await company.get("/auth/me"); print(me)
    p = await company.product("A1")
    print(await company.get("/products"))
    print(await company.get("/healthz"))
    r = await api.get("/readyz"); print(r.text)
    print(await company.balances())
    print(await company.get("/reports/reconciliation"))
    print(await company.get("/reports/integrity"))
