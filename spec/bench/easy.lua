--- What the benchmark's Lua-cURL programs have in common: a handle that calls Alix, and the checks of its answer with lua-cjson.

local curl = require "lcurl.safe"
local cjson = require "cjson"

local easy = {}

--- A handle and the list that the parts of its answer are added to.
function easy.new(ca_file)
  local handle, parts = curl.easy(), {}
  handle:setopt_httpheader { "access-token: alix_token_sandbox" }
  handle:setopt_timeout(30)
  if ca_file ~= "" then
    handle:setopt_cainfo(ca_file)
  end
  handle:setopt_writefunction(function(part) parts[#parts + 1] = part return true end)
  return handle, parts
end

function easy.set_card(handle, url, card)
  handle:setopt_url(("%s/api/v2/cards/c_%d/private-info"):format(url, card))
end

--- The card that a handle's call has brought; raises where there is none. Empties the list for the next call.
function easy.answer(handle, parts)
  assert(handle:getinfo_response_code() == 200)
  local answer = cjson.decode(table.concat(parts))
  for i = #parts, 1, -1 do
    parts[i] = nil
  end
  assert(answer.success == true and answer.data.cardNo and answer.data.cvv)
  return answer.data
end

return easy
