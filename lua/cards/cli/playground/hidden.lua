--- What must not be shown of a call: its credentials and sensitive parameters, wherever they come up, and card numbers.

local check = require "cards.util.check"
local core = require "cards.core"
local environment = require "cards.client.environment"

local STARS = "***"
local SHORTEST = 3 -- what is shorter comes up by chance

--- A text as it may be within a URL, and within JSON.
local function spellings(text)
  local in_url = text:gsub("[^%w%-._~]", function(c) return ("%%%02X"):format(c:byte()) end)
  local in_json = text:gsub('[%c"\\]', function(c) return ("\\u%04x"):format(c:byte()) end)
  local in_form = in_url:gsub("%%20", "+")
  return { text, in_url, in_url:gsub("%%%x%x", string.lower), in_form, in_json, (text:gsub('["\\]', "\\%0")), (text:gsub("/", "\\/")), ngx.encode_base64(text) }
end

--- What hides the secrets of a call in a text.
-- @param about what core.provider has of its provider
-- @param operation as it describes it
-- @param params of the call
-- @return a function of a text, that returns what may be shown of it, as one line of UTF-8, and whether something is hidden
return function(about, operation, params)
  local texts = {}
  local function add(text)
    if type(text) == "number" then
      text = core.number(text)
    end
    if type(text) == "string" and #text >= SHORTEST then
      for _, spelling in ipairs(spellings(text)) do
        texts[#texts + 1] = spelling
      end
    end
  end
  for _, credential in ipairs(about.credentials) do
    add(os.getenv(environment.variable(about.name, credential.name)))
  end
  for name, of in pairs(operation.params) do
    add(of.sensitive and params[name])
  end
  table.sort(texts, function(a, b) return #a > #b end)
  local patterns = {}
  for i, one in ipairs(texts) do
    patterns[i] = one:gsub("%p", "%%%0")
  end
  return function(text)
    local shown = text
    for _, pattern in ipairs(patterns) do
      shown = shown:gsub(pattern, STARS)
    end
    local is_hidden = shown ~= text or check.has_card_number(shown)
    return check.line(shown), is_hidden
  end
end
