--- The marker secrets of one provider: what is planted, sent and configured by leak_drive.lua, and looked for by leak_spec.lua.

local sandbox = require "support.sandbox"

local leak_markers = {}

local PAN = "4539578763621486" -- valid by Luhn, in no example
local CVV = "739"

-- A word that nothing else contains; the same in both processes. Letters and digits, as tokens have.
local function word(name)
  local seed, letters = 7, {}
  for i = 1, #name do seed = (seed * 31 + name:byte(i)) % 65521 end
  for i = 1, 24 do
    seed = (seed * 167 + 89) % 65521
    local c = ("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"):byte(seed % 57 + 1)
    letters[i] = string.char(c)
  end
  return table.concat(letters)
end

-- A sandbox id is unique, but has addresses and times in it, which also stand elsewhere: its digits become letters.
local function unique()
  return "q" .. sandbox.unique_id("z"):gsub("[%d%-]", function(c)
    local place = c:byte() - 44 -- "-" is 45, the digits are 48 to 57
    return ("g__hjkmnpqrst"):sub(place, place)
  end)
end

local SHAPES = { -- what the sandbox, strict as it is, wants of a parameter
  account_id = function(name) return "biz_" .. word(name) end,
  account_number = function() return "880317465529064" end,
}

--- Everything that is planted for a provider, from the descriptor of its operation.
-- @param id the unique id; made here where it is nil
-- @return { id, params, credentials, answer, grouped (the same with the number in groups), secret = markers that show nowhere,
--  call = those that show in records only }
function leak_markers.of(provider, about, id)
  id = id or os.getenv "LEAK_ID" or unique()
  local markers = { id = id, params = {}, credentials = {}, secret = {}, call = {} }
  local excluded = {}
  for _, part in pairs(about.params) do
    if part.excludes then excluded[part.excludes] = true end
  end
  local sample = sandbox.params(provider, id)
  for name, part in pairs(about.params) do
    if part.enum then
      markers.params[name] = part.enum[1]
    elseif not excluded[name] and part.default == nil then
      local value = sample[name] == id and id or (SHAPES[name] or word)(name)
      markers.params[name] = value
      markers[part.sensitive and "secret" or "call"][name] = value
    end
  end
  local accepted = {}
  for name in pairs(sandbox.credentials(provider)) do
    local value = word(provider .. "." .. name)
    markers.credentials[name] = value
    markers.secret[name] = value
    accepted[#accepted + 1] = value
  end
  markers.answer = { pan = PAN, cvv = CVV, token = word "card token", credential = accepted }
  markers.grouped = { pan = "4539 5787 6362 1486", cvv = CVV, token = markers.answer.token, credential = accepted }
  markers.secret.pan, markers.secret.cvv, markers.secret.token = PAN, CVV, markers.answer.token
  markers.secret["undeclared number"] = sandbox.UNDECLARED_PAN
  markers.secret["number in a key"] = sandbox.UNDECLARED_KEY_PAN
  return markers
end

return leak_markers
