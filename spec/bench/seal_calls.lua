--- Seals a card for a public key, which is read each time. seal_calls.lua KIND FOLDER SECONDS: prints "count seconds cpu_seconds". FOLDER/KIND.jwk is the key.
local kind, folder, seconds = arg[1], arg[2], tonumber(arg[3])
local cards = require "cards"
local core = require "cards.core"

local file = assert(io.open(("%s/%s.jwk"):format(folder, kind)))
local recipient = { key = file:read "*a", purpose = "show_card", audience = "https://shop.example", nonce = "3f1c9a7b5d2e4f60" }
file:close()
local card = { number = cards.secret("4111111111111111", "pan"), cvv = cards.secret("123", "cvv"), exp_month = 1, exp_year = 2027, name = "A. Holder" }

local function run(until_cpu)
  local count = 0
  while os.clock() < until_cpu do
    for _ = 1, 50 do
      assert(cards.seal(card, recipient))
    end
    count = count + 50
  end
  return count
end

run(os.clock() + 0.05) -- is not counted
local started, cpu = core.now(), os.clock()
local count = run(cpu + seconds)
print(("%d %.6f %.6f"):format(count, core.now() - started, os.clock() - cpu))
