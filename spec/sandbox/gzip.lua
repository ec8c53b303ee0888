--- gzip with the zlib that nginx is linked to: answers that are compressed whether
--- the caller asked or not, and one that expands to far more than it weighs.

local ffi = require "ffi"
local C = ffi.C

ffi.cdef [[
typedef struct {
  const unsigned char *next_in; unsigned avail_in; unsigned long total_in;
  unsigned char *next_out; unsigned avail_out; unsigned long total_out;
  const char *msg; void *state; void *zalloc; void *zfree; void *opaque;
  int data_type; unsigned long adler; unsigned long reserved;
} sandbox_z_stream;
int deflateInit2_(sandbox_z_stream *z, int level, int method, int bits, int mem, int strategy,
  const char *version, int size);
int deflate(sandbox_z_stream *z, int flush);
int deflateEnd(sandbox_z_stream *z);
const char *zlibVersion(void);
]]

local DEFLATED, GZIP_WRAPPER, DEFAULT_MEMORY = 8, 15 + 16, 8
local NO_FLUSH, FINISH = 0, 4

local gzip = {}

--- The gzip form of the concatenation of `parts`, a list of { text, times }.
local function compress(parts)
  local z = ffi.new "sandbox_z_stream"
  assert(C.deflateInit2_(z, 9, DEFLATED, GZIP_WRAPPER, DEFAULT_MEMORY, 0, C.zlibVersion(), ffi.sizeof(z)) == 0)
  local size = 65536
  local buffer, out = ffi.new("unsigned char[?]", size), {}
  local function drive(text, flush)
    z.next_in, z.avail_in = ffi.cast("const unsigned char *", text), #text
    repeat
      z.next_out, z.avail_out = buffer, size
      C.deflate(z, flush)
      out[#out + 1] = ffi.string(buffer, size - z.avail_out)
    until z.avail_out > 0
  end
  for _, part in ipairs(parts) do
    for _ = 1, part[2] do drive(part[1], NO_FLUSH) end
  end
  drive("", FINISH)
  C.deflateEnd(z)
  return table.concat(out)
end

--- The gzip form of one text.
function gzip.compress(text)
  return compress { { text, 1 } }
end

local bombs = {}

--- A JSON object with one string of `mib` MiB, gzipped to about a thousandth of that.
function gzip.bomb(mib)
  -- made once per worker: a second of one core is too much for every request
  bombs[mib] = bombs[mib] or compress { { '{"padding":"', 1 }, { ("a"):rep(1048576), mib }, { '"}', 1 } }
  return bombs[mib]
end

return gzip
