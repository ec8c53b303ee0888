--- Refusals of every provider that repeat a secret of the card: none shows it.

local canned = require "support.canned"
local cjson = require "cjson"
local drive = require "support.drive"
local leak = require "support.leak"
local sandbox = require "support.sandbox"

-- Sets a value at a dotted path.
local function set(value, path, leaf)
  local parent, last = path:match "^(.*)%.([^.]+)$"
  for key in (parent or ""):gmatch "[^.]+" do
    value[key] = value[key] or {}
    value = value[key]
  end
  value[last or path] = leaf
end

for _, provider in ipairs(sandbox.ALL) do
  describe("leaks of " .. provider .. ":", function()
    it("a secret that a refusal carries does not show in its message or code", function()
      local about = drive.about(provider)
      for path, kind in pairs(about.response.fields) do
        if kind == "pan" or kind == "cvv" or kind == "token" then
          -- only letters, so that nothing but having read the field can tell that it is a secret
          local secret, body = "QWERTZUIOPASDFGHJKL", {}
          set(body, about.error.message[1], "about " .. secret .. " and QWERTZUI")
          if about.error.code[1] then set(body, about.error.code[1], secret) end
          set(body, "elsewhere." .. path, secret)
          local record, err = canned(provider, 400, cjson.encode(body), sandbox.unique_id(provider))
          assert.is_nil(record)
          assert.matches("^about %*", err.message)
          assert.is_nil((leak.search { secret = secret }(tostring(err))), path)
        end
      end
    end)
  end)
end
