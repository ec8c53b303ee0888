--- examples/nginx_roles.conf: what a caller sees depends on its role, by policies that are edited while nginx runs.

local nginx = require "support.nginx"
if nginx.is_missing("roles", pending) then return end

local cjson = require "cjson"
local program = require "support.program"

local port, folder

local function shell(command, ...)
  local output, status = program.shell(command:format(...))
  assert(status == 0, output)
  return output
end

local function command(more) return nginx.of_examples(folder, "nginx-roles", "nginx_roles.conf", more) end

local function ask(key)
  local answer
  nginx.together(function()
    answer = assert(nginx.get(port, "/cards/c_1", { headers = { Authorization = key and "Bearer " .. key or nil } }))
  end)
  return answer.status, answer.status == 200 and cjson.decode(answer.body) or answer.body
end

local function write(role, text)
  local file = assert(io.open(("%s/examples/roles/%s.lua"):format(folder, role), "w"))
  file:write(text)
  file:close()
end

setup(function()
  port = nginx.free_port()
  folder = nginx.examples()
  shell([[mkdir %s/build/nginx-roles && sed -i s/127.0.0.1:8481/127.0.0.1:%s/ %s/examples/nginx_roles.conf]], folder, port, folder)
  shell(command())
end)

teardown(function()
  shell(command "-s quit")
  nginx.together(function()
    nginx.wait_for("nginx to end", function() return not io.open(folder .. "/build/nginx-roles/nginx.pid") end)
  end)
  shell("rm -rf %s", folder)
end)

describe("examples/nginx_roles.conf", function()
  it("shows each role what its policy says, and nobody else anything", function()
    local status, card = ask "key-of-support"
    assert.equal(200, status)
    assert.same({ "************1111", "***", "***", 2027 }, { card.number, card.cvv, card.bin, card.exp_year })
    status, card = ask "key-of-fraud"
    assert.equal(200, status)
    assert.same({ "411111******1111", "***", "411111", 2027 }, { card.number, card.cvv, card.bin, card.exp_year })
    assert.equal(403, (ask "another-key"))
    assert.equal(403, (ask()))
  end)

  it("takes an edit up, and leaves a broken one alone", function()
    write("support", "return { number = pan { last = 2 } }")
    nginx.together(function()
      nginx.wait_for("the edit", function() return nginx.get(port, "/cards/c_1", { headers = { Authorization = "Bearer key-of-support" } }).body
        :find("**************11", 1, true) end)
    end)
    write("support", "return { cvv = keep }")
    local log
    nginx.together(function()
      nginx.wait_for("the broken edit to be told of", function()
        nginx.get(port, "/cards/c_1", { headers = { Authorization = "Bearer key-of-support" } })
        log = io.open(folder .. "/build/nginx-roles/error.log"):read "*a"
        return log:find("support.lua:1: cvv: keep would show", 1, true)
      end)
    end)
    assert.is_nil(log:find("4111111111111111", 1, true))
    assert.equal("**************11", select(2, ask "key-of-support").number)
  end)
end)
