--- Runs a hostile script file, and writes down all that anybody could see of a card afterwards.

local cards = require "cards"
local core = require "cards.core"

local attack = {}

attack.FOLDER = "spec/attack/files/"

--- The names of the files.
function attack.names()
  local list, listing = {}, assert(io.popen("ls " .. attack.FOLDER))
  for name in listing:lines() do
    list[#list + 1] = name
  end
  listing:close()
  return list
end

--- What the first line of a file says that it tries, and what its second line says that the outcome has in it; bytecode has no second line.
function attack.about(name)
  local file = assert(io.open(attack.FOLDER .. name, "rb"))
  local text = file:read "*a"
  file:close()
  return text:match "^%-%- (%u[^\n]*)%." or name, text:match "\n%-%- Stopped: ([^\n]+)" or "a script is text, not bytecode"
end

--- Cards that differ in nothing that a mask shows.
attack.pair = {
  { number = "4111111100551111", cvv = "739", token = "tok_4f5Hc0aQ9zLr" },
  { number = "4111111177791111", cvv = "111", token = "tok_Zk2m81vXq7Lr" },
}

local LATE = "the script took too long" -- which a busy machine may say of one of two

--- The outcomes for both cards. Where the time ended only one of them, both are tried anew.
-- @param outcome function(1 or 2)
function attack.both(outcome)
  local one, other
  for _ = 1, 5 do
    one, other = outcome(1), outcome(2)
    if (one:find(LATE, 1, true) == nil) == (other:find(LATE, 1, true) == nil) then
      break
    end
  end
  return one, other
end

local policies = {
  cards.mask, cards.mask.policies.support, cards.mask.policies.cardholder, cards.mask.policies.audit,
  cards.mask.policy {
    number = cards.mask.pan { first = 8, last = 4 }, token = cards.mask.last(4), id = cards.mask.keep, status = cards.mask.keep, type = cards.mask.keep,
  },
}

local function flat(value, depth)
  if type(value) == "userdata" then
    return ("%s %s #%d %s"):format(value.class, tostring(value), #value, value.state)
  elseif type(value) ~= "table" then
    return tostring(value)
  elseif (depth or 0) > 20 then
    return "deeper"
  end
  local fields = {}
  for key, content in pairs(value) do
    fields[#fields + 1] = tostring(key) .. "=" .. flat(content, (depth or 0) + 1)
  end
  table.sort(fields)
  return "{" .. table.concat(fields, ", ") .. "}"
end

--- What everybody sees of a record: itself, its neutral record, and that under every policy.
local function show(say, record, err)
  say("record", record and flat(record) or tostring(err))
  local card, failure
  if record then
    card, failure = cards.card(record)
    say("card", card and flat(card) or tostring(failure))
  end
  for _, policy in ipairs(policies) do
    say("masked", record and flat(policy(record)), card and flat(policy(card)))
  end
  return card
end

local function record_of(card)
  local fields = { cardNo = cards.secret(card.number, "pan"), cvv = cards.secret(card.cvv, "cvv"), expMonth = "01", expYear = "27" }
  return setmetatable(fields, { __metatable = "alix.private_info" })
end

local function neutral_of(card)
  return {
    provider = "alix", id = "c_1", number = cards.secret(card.number, "pan"), cvv = cards.secret(card.cvv, "cvv"), token = cards.secret(card.token, "token"),
    last4 = "1111", bin = "41111111", exp_month = 1, exp_year = 2027, status = "open",
  }
end

local function try_policy(say, policy, card)
  say("shown", flat(policy(neutral_of(card))))
  say("shown", flat(policy(record_of(card))))
end

local function try_definition(say, module, card)
  local body = [[{"pan":"%s","cvv":"%s","other":"%s","more":"the number is %s","reference":"%s"}]]
  body = body:format(card.number, card.cvv, card.cvv, card.number, card.number)
  for _, status in ipairs { 200, 400 } do
    show(say, core.read(module.provider, "show", status, body))
  end
end

--- @param path of a script file
-- @param card one of attack.pair
-- @return a text: the outcome of loading the file, and what it makes of the card
function attack.outcome(path, card)
  local lines = {}
  local function say(...)
    local words = {}
    for i = 1, select("#", ...) do
      words[i] = tostring((select(i, ...)))
    end
    lines[#lines + 1] = table.concat(words, ": ")
  end
  local made, err = cards.load(path)
  say("loaded", made and "as it is" or tostring(err))
  if made == true then
    show(say, record_of(card))
    cards.map.define("alix.private_info", {
      number = "cardNo", cvv = "cvv", exp_month = { "expMonth", cards.map.month }, exp_year = { "expYear", cards.map.year },
    })
  elseif made and type(made.provider) == "string" then
    try_definition(say, made, card)
  elseif made then
    try_policy(say, made, card)
  end
  return table.concat(lines, "\n")
end

return attack
