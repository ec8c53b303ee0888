--- The lines of an audit log, each of which has the hash of the one before it. `cards.audit.file` writes them, `cards audit verify` reads them.
--
--     {"act":"reveal","class":"pan","time":1764383000,"seq":2,"prev":"<64 digits>","hash":"<64 digits>"}
--
-- A line is a JSON object: the members of the entry, by name, then these three. `seq` counts the lines of a file from 1 on. `prev` is the `hash` of the line
-- before, in the first line 64 zeros. `hash` is the SHA-256 of the line without `,"hash":"…"` and without its end, LF; with a key the HMAC-SHA-256 under it, as
-- without the key nobody can make it anew. Both are small hexadecimal digits. So Python checks a file as well:
--
--     import hashlib, hmac, json, sys
--     key = open(sys.argv[2], "rb").read().rstrip(b"\n") if len(sys.argv) > 2 else None
--     prev = "0" * 64
--     for seq, line in enumerate(open(sys.argv[1], "rb"), 1):
--         entry = json.loads(line)
--         text = line[:-76] + b"}"        # without ,"hash":"<64 digits>"} and LF
--         digest = hmac.new(key, text, "sha256") if key else hashlib.sha256(text)
--         if (entry["seq"], entry["prev"], entry["hash"]) != (seq, prev, digest.hexdigest()):
--             sys.exit(f"line {seq}")
--         prev = entry["hash"]

local core = require "cards.core"

local chain = {
  FIRST = ("0"):rep(64), -- `prev` of the first line
  LONGEST = 16384,       -- bytes of a line without its end
}

local MEMBERS = ',"seq":([1-9]%d*),"prev":"(%x+)","hash":"(%x+)"}$'
local MOST_MEMBERS = #',"seq":,"prev":"","hash":""}' + 2 * #chain.FIRST + 15 -- bytes, with a number of so many digits, which each Lua has exactly
local WITHOUT_HASH = -(#chain.FIRST + #',"hash":""}' + 1) -- the last byte before it

local function hash_of(text, key)
  return key and core.hmac(key, "hex", text) or core.sha256(text)
end

--- The next line.
-- @param members of the entry, as JSON without braces
-- @param last the line before, as chain.read returns it; nil for the first line
-- @param key a text or an open secret, or nil
-- @return the line without its end
function chain.line(members, last, key)
  local text = ('{%s,"seq":%d,"prev":"%s"'):format(members, last and last.seq + 1 or 1, last and last.hash or chain.FIRST)
  return ('%s,"hash":"%s"}'):format(text, hash_of(text .. "}", key))
end

--- Reads a line.
-- @param line without its end
-- @return { seq, prev, hash }, or nil where it has no such members at its end; and what is wrong with it by itself, or nil
function chain.read(line, key)
  local seq, prev, hash = line:match(MEMBERS, -MOST_MEMBERS)
  if not seq then
    return nil, "it is no line of an audit log"
  end
  local read = { seq = tonumber(seq), prev = prev, hash = hash }
  if hash_of(line:sub(1, WITHOUT_HASH) .. "}", key) ~= hash then
    return read, key and "it was changed, or written with another key" or "it was changed, or written with a key"
  end
  local entry, wrong = core.json_decode(line)
  return read, not entry and wrong or nil
end

return chain
