// What the programs here share: signing in, waiting, and going through the
// parts of a day. The test gives the node's address as the argument.
import { createInterface } from "node:readline";
import { deflateSync, crc32 } from "node:zlib";

export const node = process.argv[2];
export const scopes = "read write follow push";
export const outOfBand = "urn:ietf:wg:oauth:2.0:oob";
const patience = 20_000;

const typed = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

// authorize has somebody go to an address and bring back the code that is
// shown there.
export async function authorize(name, address) {
  console.log("AUTHORIZE", name, address);
  return (await typed.next()).value.trim();
}

// within insists that a promise is kept soon.
export function within(what, promise) {
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error(`did not come: ${what}`)), patience).unref());
  return Promise.race([promise, late]);
}

export async function eventually(what, ask) {
  for (const deadline = Date.now() + patience; Date.now() < deadline; ) {
    const found = await ask();
    if (found) return found;
    await new Promise((next) => setTimeout(next, 50));
  }
  throw new Error(`did not come true: ${what}`);
}

// square is a picture of one grey pixel, as PNG.
export function square() {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const ends = Buffer.alloc(8);
    ends.writeUInt32BE(data.length, 0);
    ends.writeUInt32BE(crc32(body), 4);
    return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
  };
  const head = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", deflateSync(Buffer.from([0, 0x80]))), chunk("IEND", Buffer.alloc(0))]);
}

// live goes through the parts of a day, and says which of them failed.
export async function live(parts, ...people) {
  let failed = 0;
  for (const part of parts) {
    try {
      await part(...people);
      console.log("passed:", part.name);
    } catch (error) {
      failed++;
      console.log("FAILED:", part.name);
      console.log(error.stack, error.response?.data ?? "");
    }
  }
  process.exit(failed ? 1 : 0);
}
