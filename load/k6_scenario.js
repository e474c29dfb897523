// What a shop does all day, and how many shops one process serves (S0-41, S0-42, S0-43).
//
//   k6 run load/k6_scenario.js                              10 users for a minute
//   k6 run -e RAMP=100 -e STEP=20s load/k6_scenario.js      10, 20, 40, 60, 80, 100 users in turn
//
// -e BASE_URL=http://127.0.0.1:8000 names the service. Start it with RATE_LIMIT_AUTH_PER_MINUTE,
// RATE_LIMIT_AUTH_BURST and RATE_LIMIT_PRINCIPAL_PER_MINUTE far above what the users ask for: all
// of them come from one address here. Each user registers a company of its own, makes a contact and
// a product with stock, and then lists, searches, sells and reads reports.

import http from "k6/http";
import exec from "k6/execution";
import { check, sleep } from "k6";
import { Trend } from "k6/metrics";

const BASE = `${__ENV.BASE_URL || "http://127.0.0.1:8000"}/api/v1`;
const RAMP = Number(__ENV.RAMP || 0);
const STEP = __ENV.STEP || "20s";
const PASSWORD = "a-long-walk-by-the-sea";
const STEPS = [10, 20, 40, 60, 80, 100].filter((users) => users <= RAMP);

// One curve a number of users: what a request took while so many were active.
const curves = Object.fromEntries(
  STEPS.map((users) => [users, new Trend(`step_${users}_users`, true)]),
);

function stages() {
  return STEPS.flatMap((users) => [
    { duration: "3s", target: users },
    { duration: STEP, target: users },
  ]);
}

export const options = {
  scenarios: {
    shop: RAMP
      ? { executor: "ramping-vus", startVUs: 1, stages: stages(), gracefulRampDown: "10s" }
      : { executor: "constant-vus", vus: 10, duration: "60s" },
  },
  // The ramp looks for the limit; the plain run must stay within it.
  thresholds: RAMP
    ? { checks: ["rate>0.95"] }
    : { checks: ["rate>0.95"], http_req_duration: ["p(95)<800"], http_req_failed: ["rate<0.01"] },
  summaryTrendStats: ["count", "med", "p(95)", "p(99)", "max"],
};

let shop = null; // of this user

function send(method, path, body, key) {
  const headers = { "Content-Type": "application/json" };
  if (shop && shop.token) headers.Authorization = `Bearer ${shop.token}`;
  if (key) headers["Idempotency-Key"] = key;
  const sent = body === null ? null : JSON.stringify(body);
  // Ids in a path would make a metric of their own each.
  const name = path.replace(/[a-z]{3}_[0-9A-Z]{26}/g, "{id}").split("?")[0];
  const answer = http.request(method, BASE + path, sent, { headers, tags: { name } });
  if (RAMP) {
    const reached = STEPS.find((users) => exec.instance.vusActive <= users);
    if (reached) curves[reached].add(answer.timings.duration);
  }
  return answer;
}

function expect(what, answer, status) {
  return check(answer, { [what]: (each) => each.status === status });
}

function open() {
  const me = `${exec.vu.idInTest}-${Date.now()}`;
  const account = { email: `shop-${me}@example.com`, password: PASSWORD };
  const company = { name: `Shop ${me}`, currency: "GBP", time_zone: "Europe/London" };
  shop = { me, sold: 0 };
  expect("register", send("POST", "/auth/register", { ...account, company }), 201);
  const login = send("POST", "/auth/login", account);
  if (!expect("log in", login, 200)) {
    shop = null;
    sleep(1);
    return;
  }
  shop.token = login.json("access_token");
  shop.unit = send("GET", "/units?code=pcs", null).json("data.0.id");
  shop.location = send("GET", "/locations", null).json("data.0.id");
  const contact = { name: "Ada Lovelace", roles: ["customer"] };
  expect("make a contact", send("POST", "/contacts", contact), 201);
  const opening_stock = {
    location_id: shop.location,
    quantity: "100000",
    unit_cost: "1.20",
    effective_at: "2026-01-01T00:00:00Z",
  };
  const items = [1, 2, 3].map((number) => ({
    idempotency_key: `product-${number}`,
    sku: `TEA-${number}`,
    name: `Tea ${number}`,
    unit_id: shop.unit,
    price: "2.50",
    opening_stock,
  }));
  const made = send("POST", "/products/batch", { atomic: true, items });
  expect("make products", made, 200);
  shop.products = made.json("items").map((item) => item.body.id);
}

export default function () {
  if (shop === null) {
    open();
    return;
  }
  expect("list contacts", send("GET", "/contacts?limit=50", null), 200);
  expect("search products", send("GET", "/products?q=tea&limit=50", null), 200);
  expect("read a product", send("GET", `/products/${shop.products[0]}`, null), 200);
  shop.sold += 1;
  const sale = {
    location_id: shop.location,
    lines: shop.products.map((product_id) => ({ product_id, quantity: "1" })),
    tenders: [{ method: "cash", amount: "7.50" }],
  };
  expect("sell", send("POST", "/sales", sale, `sale-${shop.me}-${shop.sold}`), 201);
  expect("list sales", send("GET", "/sales?limit=20", null), 200);
  if (shop.sold % 20 === 0) {
    expect("trial balance", send("GET", "/reports/trial-balance", null), 200);
    const metrics = http.get(`${BASE.replace("/api/v1", "")}/metrics`);
    expect("metrics", metrics, 200);
  }
  if (!RAMP) sleep(0.1);
}
