--- Providers of cards.define in nginx: calls that yield, sign and go through pages, and definitions that are replaced while calls of them are under way.

local nginx = require "support.nginx"
if nginx.is_missing("define", pending) then return end

local APP = [[
local cards = require "cards"
local acme = require "support.acme"
local sandbox = require "support.sandbox"
local app = {}

function app.define()
  local auth = { { type = "bearer" }, { type = "signer", name = "X-Signature", credential = "key", sign = function(request) return request.method end } }
  app.plain = acme.client(cards.define(acme.definition()))
  app.signed = acme.client(cards.define(acme.definition(nil, { name = "signed", auth = auth })), { key = "k" })
  app.list = acme.client(cards.define {
    name = "acme_list", auth = { type = "bearer" },
    operations = { list = { path = "/lists/{list}", params = { list = {}, page_token = {} }, response = { fields = { count = "integer", next = "string" } },
      pages = { items = "items", cursor = "next", into = "page_token" } } },
  }, { base_url = sandbox.url "HTTPS_URL" .. "/acme_list" })
  collectgarbage()
  collectgarbage()
end
app.define()

function app.show(client, id)
  local record, err = app[client]:show(id or ngx.var.arg_id)
  return record and ("%s %s %d"):format(getmetatable(record), tostring(record.pan), record.exp_month) or tostring(err)
end

function app.pages()
  local counts = {}
  for page in app.list:pages("list", { list = ngx.var.arg_id }) do
    counts[#counts + 1] = page.count
  end
  return table.concat(counts, " ")
end

function app.all()
  local a, b = cards.all { function() return app.show("plain", "a") end, function() return app.show("signed", "b") end }
  return a[1] .. ", " .. b[1]
end

return app
]]

describe("a defined provider in nginx", function()
  local server

  setup(function()
    server = nginx.start("define", {
      app = APP,
      locations = {
        ["/plain"] = 'ngx.print(require("app").show "plain")',
        ["/signed"] = 'ngx.print(require("app").show "signed")',
        ["/all"] = 'ngx.print(require("app").all())',
        ["/pages"] = 'ngx.print(require("app").pages())',
        ["/define"] = 'require("app").define() ngx.print "defined"',
      },
    })
  end)

  teardown(function()
    if server then server:stop() end
  end)

  it("is called, signs, and goes through pages", function()
    assert.equal("acme.show ************1111 7", server:body "/plain?id=c_1")
    assert.equal("signed.show ************1111 7", server:body "/signed?id=c_1")
    assert.equal("acme.show ************1111 7, signed.show ************1111 7", server:body "/all")
    assert.equal("1 2 3", server:body "/pages?id=mine")
    assert.matches("^acme.show: not_found %(HTTP 404", server:body "/plain?id=sandbox-status=404")
  end)

  it("may be replaced and collected while its calls are under way", function()
    local calls = {}
    for i = 1, 24 do
      calls[i] = function()
        local name = i % 2 == 0 and "plain" or "signed"
        assert.matches("show %*+1111 7$", server:body(("/%s?id=sandbox-slow_first_byte=0.%d"):format(name, i % 5 + 1)))
      end
      if i % 4 == 0 then
        calls[i] = function() assert.equal("defined", server:body "/define") end
      end
    end
    nginx.together(table.unpack(calls))
    assert.equal("acme.show ************1111 7", server:body "/plain?id=c_1")
    assert.same({}, server:complaints())
  end)
end)
