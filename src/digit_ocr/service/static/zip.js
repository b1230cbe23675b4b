// A .zip of stored (not compressed) files: PNG and JPEG do not get smaller anyway.
// After the APPNOTE of PKWARE: local headers with their files, the central directory, its end.

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});
const UTF8_NAMES = 0x0800;

/** `files` is a list of `{ name, bytes: Uint8Array }`; a name that ends with / is a folder. */
export function zip(files, now = new Date()) {
  const [time, date] = dosTime(now);
  const locals = [];
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of files) {
    const encoded = new TextEncoder().encode(name);
    // Version needed, flags, method (stored), time, date, CRC, sizes, lengths of name and extra.
    const common = [[20, 2], [UTF8_NAMES, 2], [0, 2], [time, 2], [date, 2], [crc32(bytes), 4],
      [bytes.length, 4], [bytes.length, 4], [encoded.length, 2], [0, 2]];
    const local = [record([[0x04034b50, 4], ...common]), encoded, bytes];
    const isFolder = name.endsWith("/") ? 0x10 : 0;
    directory.push(
      record([[0x02014b50, 4], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [isFolder, 4], [offset, 4]]),
      encoded,
    );
    locals.push(...local);
    offset += size(local);
  }
  const end = record([[0x06054b50, 4], [0, 2], [0, 2], [files.length, 2], [files.length, 2],
    [size(directory), 4], [offset, 4], [0, 2]]);
  return new Blob([...locals, ...directory, end], { type: "application/zip" });
}

export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** Fields of `[value, bytes]`, little-endian, one after the other. */
function record(fields) {
  const bytes = new Uint8Array(fields.reduce((sum, [, length]) => sum + length, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [value, length] of fields) {
    if (length === 4) view.setUint32(at, value, true);
    else view.setUint16(at, value, true);
    at += length;
  }
  return bytes;
}

const size = (parts) => parts.reduce((sum, part) => sum + part.length, 0);

function dosTime(now) {
  const time = (now.getHours() << 11) | (now.getMinutes() << 5) | (now.getSeconds() >> 1);
  const date = ((now.getFullYear() - 1980) << 9) | ((now.getMonth() + 1) << 5) | now.getDate();
  return [time, date];
}
