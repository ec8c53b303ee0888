--- The hostile files of spec/attack in an nginx worker: they are stopped there as elsewhere, and the worker goes on.

local nginx = require "support.nginx"
if nginx.is_missing("attack", pending) then return end

local attack = require "support.attack"

describe("a hostile file in nginx", function()
  local server

  setup(function()
    server = nginx.start("attack", {
      locations = {
        ["/try"] = [[
          local attack = require "support.attack"
          ngx.print(attack.outcome(attack.FOLDER .. ngx.var.arg_name, attack.pair[tonumber(ngx.var.arg_card)]))
        ]],
        ["/alive"] = 'ngx.print("alive")',
      },
    })
  end)

  teardown(function()
    if server then server:stop() end
  end)

  for _, name in ipairs(attack.names()) do
    it("is stopped: " .. name, function()
      local _, stopped = attack.about(name)
      local one, other = attack.both(function(card) return server:body(("/try?card=%d&name=%s"):format(card, name)) end)
      assert.equal(one, other)
      assert.truthy(one:find(stopped, 1, true), one)
      assert.equal("alive", server:body "/alive")
    end)
  end
end)
