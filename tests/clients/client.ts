// The client of the generated types, and what one change comes to.
import createClient, { type Client } from "openapi-fetch";

import type { paths } from "./schema.js";

interface Answer {
  data?: unknown;
  error?: unknown;
  response: Response;
}

let sent: unknown = null;

async function recording(request: Request): Promise<Response> {
  if (request.method === "PATCH") {
    sent = await request.clone().json();
  }
  return fetch(request);
}

export function connect(baseUrl: string, authorization: string): Client<paths> {
  return createClient<paths>({ baseUrl, headers: { authorization }, fetch: recording });
}

function found(answer: Answer): unknown {
  if (answer.data === undefined) {
    throw new Error(`${answer.response.status} ${JSON.stringify(answer.error)}`);
  }
  return answer.data;
}

interface Shown {
  id?: string;
  version: number;
}

/** The object that an answer shows, by itself or with this id in a list. */
function one(answer: Answer, id: string | null): Shown {
  const shown = found(answer) as Shown & { data?: Shown[] };
  const object = id === null ? shown : shown.data?.find((each) => each.id === id);
  if (object === undefined) {
    throw new Error(`${id} is not in the list`);
  }
  return object;
}

/** Show, change and show again; print the object before and after, and the body that was sent. */
export async function change(
  id: string | null,
  show: () => Promise<Answer>,
  patch: (etag: string) => Promise<Answer>,
): Promise<void> {
  const before = one(await show(), id);
  found(await patch(`"${before.version}"`));
  console.log(JSON.stringify({ before, sent, after: one(await show(), id) }));
}
