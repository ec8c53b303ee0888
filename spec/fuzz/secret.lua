--- Calls of the secret API in any order, beside a model of what each secret holds.

local cards = require "cards"
local core = require "cards.core"
local reader = require "fuzz.reader"

local CLASSES = { "pan", "cvv", "token", "credential", "undeclared" }
local METHODS = { "reveal", "close", "mask", "first", "last", "digits", "luhn", "equals", "class", "open", "" }
local slots

local function fail(what, ...)
  error(what:format(...), 0)
end

--- What of the text may be shown at most: first, last.
local function limits(slot)
  local class, len = slot.class, #slot.text
  if class == "cvv" then
    return 0, 0
  elseif class == "pan" and #slot.text <= 64 then
    local digits = #slot.text:gsub("%D", "")
    len = digits <= 19 and digits or len
  end
  if class == "pan" and len >= 13 then
    return math.min(8, len - 7), 4
  end
  return len >= 8 and math.min(8, len // 4) or 0, len >= 8 and math.min(4, len // 4) or 0
end

--- What the system says of files, which a secret may be made of as well.
local OWN = ": No such file or directory: Is a directory: Not a directory: Permission denied: File name too long: Invalid argument"

--- Whether errors of Lua, of the library and of the system cannot say this by themselves.
local function is_telling(run)
  if OWN:find(run, 1, true) then
    return false
  end
  return run:find "[A-Z\128-\255]" or select(2, run:gsub("%d", "")) >= 5
end

--- The parts of a text around what the caller put into it, so that nothing is found across its ends.
local function around(text, given)
  local from, to
  if type(given) == "string" and given ~= "" then
    from, to = text:find(given, 1, true)
  end
  if not from then
    return { text }
  end
  local parts = around(text:sub(to + 1), given)
  table.insert(parts, text:sub(1, from - 1))
  return parts
end

--- No text that is made for people or logs has 8 bytes in a row of a secret.
-- @param given what the caller put in, which may come back
local function must_hide(shown, where, given)
  local parts = around(shown, given)
  for _, slot in pairs(slots) do
    local text = slot.text
    for i = 1, #text < 1000 and #text - 7 or 0 do
      local run = text:sub(i, i + 7)
      for _, part in ipairs(parts) do
        local is_given = type(given) == "string" and given:find(run, 1, true) -- a long one is cut
        if part:find(run, 1, true) and not is_given and is_telling(run) and not run:find("*", 1, true) then
          fail("%s shows a secret: %q", where, shown)
        end
      end
    end
  end
end

local function try(where, call, ...)
  local results = table.pack(pcall(call, ...))
  if not results[1] then
    must_hide(tostring(results[2]), where, (...))
  elseif results[2] == nil and results[3] ~= nil then
    must_hide(tostring(results[3]), where, (...))
  end
  return table.unpack(results, 1, results.n)
end

local function is_open(slot)
  return slot.secret and not slot.closed
end

local function add(number, secret, text, class)
  slots[number] = { secret = secret, text = text, class = class }
end

--- The ends that a secret gives away, by whatever way.
local function must_limit(slot, shown, from_end)
  local first, last = limits(slot)
  if #shown > (from_end and last or first) then
    fail("a %s of %d bytes gave away %q", slot.class, #slot.text, shown)
  end
end

local steps = {}

function steps.make(read, number)
  local class = read:choice(CLASSES)
  local text = read:text()
  local secret, err = cards.secret(text, class)
  if secret then
    add(number, secret, text, class)
  elseif err.kind ~= "invalid_request" and err.kind ~= "busy" then
    fail("no secret: %s", tostring(err))
  end
end

function steps.make_wrong(read)
  local secret = select(2, try("cards.secret", cards.secret, read:value(), read:value()))
  if type(secret) == "userdata" then
    secret:close()
  end
end

function steps.from(read)
  try("from_env", cards.secret.from_env, read:value())
  local path = read:text()
  try("from_file", cards.secret.from_file, "/nonexistent/" .. path)
end

function steps.method(read, _, slot)
  local name = read:choice(METHODS)
  local ok, method = try("index", function() return slot.secret[name] end)
  local arguments, count = {}, (read:byte() - 48) % 4
  for i = 1, count do
    arguments[i] = read:value()
  end
  if not ok or type(method) ~= "function" then
    return
  end
  local was_open = is_open(slot)
  local results = table.pack(try(name, method, slot.secret, table.unpack(arguments, 1, count)))
  if name == "close" then
    slot.closed = true
  elseif results[1] and not was_open then
    fail("%s of a closed secret", name)
  elseif results[1] and name == "reveal" and results[2] ~= slot.text then
    fail("another value than was put in")
  elseif results[1] and (name == "first" or name == "last") then
    must_limit(slot, results[2], name == "last")
  elseif results[1] and name == "equals" and type(arguments[1]) == "string" and results[2] ~= (arguments[1] == slot.text) then
    fail("equals is wrong")
  elseif results[1] and name == "digits" and results[2] then
    local digits = slot.text:gsub("%D", "")
    if results[2]:reveal() ~= digits or results[2].class ~= slot.class then
      fail("digits is wrong")
    end
  elseif results[1] and name == "mask" then
    local first, last = limits(slot)
    if #(results[2]:gsub("%*", "")) > first + last then
      fail("a mask shows %q", results[2])
    end
  end
end

--- Methods called on what is no secret.
function steps.wrong_self(read, _, slot)
  local name = read:choice(METHODS)
  local method = slot.secret[name]
  if type(method) == "function" then
    try(name, method, read:value(), read:value())
    try(name, method)
  end
end

function steps.show(read, _, slot)
  local other = read:value()
  local secret = slot.secret
  for where, call in pairs {
    tostring = function() return tostring(secret) end,
    format = function() return ("%s %q"):format(secret, secret) end,
    concat = function() return secret .. other end,
    tacnoc = function() return other .. secret end,
    sum = function() return secret + other end,
    less = function() return secret < other end,
    call = function() return secret(other) end,
    set = function() secret[other] = other end,
    get = function() return secret[other] end,
    length = function() return #secret end,
    next = function() return next(secret) end,
    concatenated = function() return table.concat({ secret, secret }, ",") end,
    number = function() return tonumber(secret) end,
    metatable = function() return setmetatable(secret, {}) end,
  } do
    local _, shown = try(where, call)
    if type(shown) == "string" then
      must_hide(shown, where, other)
    elseif where == "length" and shown ~= nil and is_open(slot) and shown ~= #slot.text then
      fail("# is wrong")
    end
  end
  if getmetatable(secret) ~= "cards.secret" then
    fail("the metatable is %s", tostring(getmetatable(secret)))
  end
end

function steps.mask(read, _, slot)
  try("mask", function()
    local shown = cards.mask { number = slot.secret, list = { slot.secret }, other = read:value() }
    must_hide(tostring(shown.number), "cards.mask")
    must_hide(tostring(type(shown.list) == "table" and shown.list[1] or shown.list), "cards.mask")
  end)
end

function steps.core(read, _, slot)
  try("hash", core.hash, read:value(), slot.secret)
  try("hash", core.hash, slot.secret, read:value())
  try("nearest", core.nearest, read:value(), { "card_id", "base_url" })
  local text = read:text()
  local shown = cards.redact(text)
  if #shown ~= #text then
    fail("redact changed the length")
  end
end

--- What is sealed opens as it is, and nothing else does.
function steps.seal(read, _, slot)
  local context, where, key = read:text(), read:byte(), core.shared_key(cards.secret "a key of a fleet")
  local ok, sealed = try("seal_with", core.seal_with, key, slot.secret, context)
  if ok and sealed then
    must_hide(sealed, "seal_with", context)
    local opened = core.unseal_with(key, sealed, context)
    if not opened or opened.class ~= slot.class or not opened:equals(slot.text) then
      fail("a seal does not open")
    end
    opened:close()
    local at = where % #sealed + 1
    local damaged = sealed:sub(1, at - 1) .. (sealed:sub(at, at) == "A" and "B" or "A") .. sealed:sub(at + 1)
    if core.unseal_with(key, damaged, context) or core.unseal_with(key, sealed, context .. "x") then
      fail("a seal opens that is damaged, or for something else")
    end
  end
  if core.unseal_with(key, context, "") then
    fail("a text opens as a seal")
  end
  try("name_with", core.name_with, key, slot.secret)
end

function steps.equals(read, _, slot)
  local other = slots[(read:byte() - 48) % 8]
  if other then
    local ok, same = try("equals", slot.secret.equals, slot.secret, other.secret)
    if ok and same ~= (slot.text == other.text) then
      fail("equals is wrong")
    end
  end
end

function steps.drop(_, number)
  slots[number] = nil
  collectgarbage "step"
end

local ORDER = { "make", "method", "show", "equals", "mask", "core", "wrong_self", "make_wrong", "from", "drop", "seal" }
local WITHOUT = { make = true, make_wrong = true, from = true }

return function(bytes)
  slots = {}
  local read = reader.new(bytes, function(number) return slots[number % 8] and slots[number % 8].secret end)
  while read:more() do
    local step, number = read:choice(ORDER), (read:byte() - 48) % 8
    if slots[number] or WITHOUT[step] then
      steps[step](read, number, slots[number])
    end
  end
  slots = nil
end
