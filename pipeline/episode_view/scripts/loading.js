// Data of the page: each file calls one of the functions of `mucode` with packed JSON, which this unpacks.
"use strict";

const KEPT_CHUNKS = 12;
const mucode = { rows: null, chunks: new Map(), arriving: new Map() };

mucode.unpack = async function (packed) {
  const letters = atob(packed);
  const bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place++) bytes[place] = letters.charCodeAt(place); // ten times as fast as `from`
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
};

mucode.takeRows = function (name, packed) {
  mucode.rows = mucode.unpack(packed);
};

mucode.takeChunk = function (name, packed) {
  mucode.arriving.set(name, packed);
};

// A promise of {texts, episodes}; the last few are kept.
mucode.chunk = function (number) {
  const known = mucode.chunks.get(number);
  mucode.chunks.delete(number);
  const chunk = known || mucode.fetchChunk(number);
  mucode.chunks.set(number, chunk);
  chunk.catch(() => mucode.chunks.delete(number));
  for (const old of mucode.chunks.keys()) if (mucode.chunks.size > KEPT_CHUNKS) mucode.chunks.delete(old);
  return chunk;
};

mucode.fetchChunk = async function (number) {
  const file = `${document.body.dataset.folder}/chunk-${String(number).padStart(5, "0")}.js`;
  const name = String(number);
  await mucode.loadScript(file);
  const packed = mucode.arriving.get(name);
  mucode.arriving.delete(name);
  if (packed === undefined) throw new Error(`${file} is not what was written`);
  return mucode.unpack(packed);
};

mucode.loadScript = function (file) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.onload = () => (script.remove(), resolve());
    script.onerror = () => (script.remove(), reject(new Error(`${file} cannot be read: copy the whole folder`)));
    script.src = file;
    document.head.append(script);
  });
};
