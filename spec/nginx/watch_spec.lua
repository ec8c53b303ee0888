--- cards.watch and confined scripts in a worker.

local nginx = require "support.nginx"
if nginx.is_missing("watch", pending) then return end

local program = require "support.program"

local APP = [[
local cards = require "cards"
local app = {}
app.show = assert(cards.watch(%q, { interval = 0.05 }))

function app.show_all(count)
  local shown
  for year = 2001, 2000 + count do
    shown = app.show { exp_year = year, status = "open", holder_name = "John Doe" }
  end
  return ("%%s %%s %%s"):format(shown.exp_year, shown.status, shown.holder_name)
end

assert(cards.watch(%q, { interval = 0.05 }))

function app.map()
  return require("cjson").encode(cards.card(setmetatable({ expMonth = "01", expYear = "27" }, { __metatable = "alix.private_info" })))
end

--- What becomes of a script, and whether the JIT compiles as before.
function app.try(path)
  local made, err = cards.load(path)
  return tostring(err) .. " " .. tostring(jit.status())
end

return app
]]

local server, path, mapping

local function write(text, to)
  local file = assert(io.open(to or path, "wb"))
  file:write(text)
  file:close()
end

setup(function()
  path = program.file "return { exp_year = keep, holder_name = fn(function(name) return name:upper() end) }"
  mapping = program.file "return { ['alix.private_info'] = { exp_year = { 'expYear', year } } }"
  server = nginx.start("watch", {
    app = APP:format(path, mapping), http = "init_worker_by_lua_block { require 'app' }", locations = {
      ["/show"] = 'ngx.print(require "app".show_all(tonumber(ngx.var.arg_n)))',
      ["/map"] = 'ngx.print(require "app".map())',
      ["/try"] = 'ngx.print(require "app".try(ngx.var.arg_path))',
    },
  })
end)

teardown(function()
  if server then server:stop() end
  os.remove(path)
  os.remove(mapping)
end)

describe("cards.watch in nginx", function()
  it("shows by the file, also in a loop that is compiled", function()
    assert.equal("2001 *** JOHN DOE", server:body "/show?n=1")
    assert.equal("7000 *** JOHN DOE", server:body "/show?n=5000")
  end)

  it("picks an edit up without a reload", function()
    write "return { status = keep }"
    nginx.wait_for("the edit", function() return server:body "/show?n=1" == "*** open ***" end)
  end)

  it("keeps the former version of a broken edit, and logs it once", function()
    write "return { status = keep, cvv = keep }"
    nginx.wait_for("the message", function()
      assert.equal("*** open ***", server:body "/show?n=1")
      return server:log():find("the former version stays in use", 1, true)
    end)
    for _ = 1, 20 do
      assert.equal("*** open ***", server:body "/show?n=100")
    end
    write "return { exp_year = keep }"
    nginx.wait_for("the edit", function() return server:body "/show?n=1" == "2001 *** ***" end)
    assert.equal(1, select(2, server:log():gsub("the former version stays in use", "")))
    server:forget_log()
  end)

  it("takes a mapping up where cards.card is called, though nobody has its watcher", function()
    assert.matches('"exp_year":2027', server:body "/map")
    write("return { ['alix.private_info'] = { exp_month = { 'expMonth', month } } }", mapping)
    nginx.wait_for("the edit", function() return server:body "/map":find('"exp_month":1', 1, true) end)
    write("return { ['alix.private_info'] = { exp_month = 'expMnth' } }", mapping)
    nginx.wait_for("the message", function()
      assert.matches('"exp_month":1', server:body "/map")
      return server:log():find("the record has no 'expMnth'", 1, true)
    end)
    server:forget_log()
  end)

  it("ends a script without an end, and goes on", function()
    local endless = program.file "\nwhile true do end"
    local answer = server:body("/try?path=" .. endless)
    os.remove(endless)
    assert.truthy(answer:find(endless .. ":2: the script took more than 10000000 instructions true", 1, true), answer)
    assert.equal("7000 *** ***", server:body "/show?n=5000")
  end)
end)
