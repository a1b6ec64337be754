// Reads an export of 'report --format=otlp' on standard input by the protobuf definitions of OpenTelemetry's own npm package:
//
//   node check.js NODE_MODULES
//
// Prints the number of spans, or what is wrong (exit status 1). JSON has ids in hexadecimal, and protobuf's own JSON in base64, so
// the ids are converted first. The definitions ignore members that they do not know, and accept numbers and names in several
// spellings. So the message is encoded and decoded, and must come back with the same members and values.
const { readFileSync } = require('fs');
const { isDeepStrictEqual, inspect } = require('util');
const { join } = require('path');

const root = require(join(process.argv[2], '@opentelemetry/otlp-transformer/build/src/generated/root.js'));
const Request = root.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
const idBytes = { traceId: 16, spanId: 8, parentSpanId: 8 };

function fail(text) {
  console.error(text);
  process.exit(1);
}

// The same value with its ids in base64, and without the empty lists, which protobuf does not write.
function convert(value) {
  if (Array.isArray(value)) return value.map(convert);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => !isDeepStrictEqual(member, [])).map(([name, member]) => {
    if (!(name in idBytes)) return [name, convert(member)];
    if (typeof member !== 'string' || !/^([0-9a-f]{2})+$/.test(member) || member.length !== 2 * idBytes[name])
      fail(`${name} is not ${idBytes[name]} bytes in hexadecimal: ${member}`);
    return [name, Buffer.from(member, 'hex').toString('base64')];
  }));
}

// The place of the first difference.
function difference(given, back, place) {
  if (isDeepStrictEqual(given, back)) return '';
  if (given === null || back === null || typeof given !== 'object' || typeof back !== 'object')
    return `${place} is ${inspect(given)}, and comes back as ${inspect(back)}`;
  for (const name of new Set([...Object.keys(given), ...Object.keys(back)])) {
    const found = difference(given[name], back[name], `${place}.${name}`);
    if (found) return found;
  }
  return `${place} has another type`;
}

const given = convert(JSON.parse(readFileSync(0, 'utf8')));
let back;
try {
  const bytes = Request.encode(Request.fromObject(given)).finish();
  back = Request.toObject(Request.decode(bytes), { longs: String, bytes: String, arrays: false });
} catch (error) {
  fail(error.message);
}
const found = difference(given, JSON.parse(JSON.stringify(back)), 'the request');
if (found) fail(found);
const { resourceSpans = [] } = given;
console.log(resourceSpans.flatMap(resource => resource.scopeSpans).flatMap(scope => scope.spans).length);
