--- soak.lua SECONDS SEED: a hostile server driven at random, from plain Lua in two ways and from an nginx worker, one after the other. Prints a table;
-- 1 where something is wrong: a descriptor, a slot or memory that is not given back, a call that ends with something else than a record or an error of the
-- table, or far after its deadline, or many that end later than 100 ms after it: a machine that holds this process up makes some late.

local tally = require "soak.tally"

local seconds, seed = tonumber(arg[1]), tonumber(arg[2])
local lua = os.getenv "LUA_BIN"

local TARGETS = { "plain.lua each", "plain.lua start", "nginx.lua" }

print(("== a hostile server at random, for %d seconds; SEED=%d"):format(seconds, seed))
print(tally.head())
local ok = true
for i, target in ipairs(TARGETS) do
  io.stdout:flush()
  local ended = os.execute(("%s spec/soak/%s %.1f %d"):format(lua, target, seconds / #TARGETS, seed + i))
  ok = ok and ended == true
end
os.exit(ok and 0 or 1)
