--- An audit log that the workers of an nginx write to, with a key that the master has read.

local nginx = require "support.nginx"
if nginx.is_missing("audit", pending) then return end

local cli = require "support.cli"

local server, folder, write, read, remove

local EACH = 20

setup(function()
  folder, write, read, remove = cli.folder()
  local key = write("key", "a key of more than sixteen bytes\n")
  server = nginx.start("audit", {
    workers = 3,
    http = ([[init_by_lua_block {
      local cards = require "cards"
      append = cards.audit.file("%s/audit.log", { key = { file = "%s" } })
      append_by_secret = cards.audit.file("%s/audit.log", { key = cards.secret.from_file "%s" })
    }]]):format(folder, key, folder, key),
    locations = {
      ["/append"] = ([[for i = 1, %d do
        local ok, why = append { act = "reveal", worker = ngx.worker.pid() }
        if not ok then return ngx.print(why) end
      end
      ngx.print(ngx.worker.pid())]]):format(EACH),
      ["/secret"] = [[ngx.print(tostring(select(2, append_by_secret { act = "reveal" })))]],
    },
  })
end)

teardown(function()
  server:stop()
  remove()
end)

describe("an audit log in nginx", function()
  it("is one chain of what all workers write", function()
    local pids, workers, requests = {}, 0, 0
    local function ask()
      local pid = server:body "/append"
      assert.matches("^%d+$", pid)
      workers = workers + (pids[pid] and 0 or 1)
      pids[pid], requests = true, requests + 1
    end
    nginx.together(function()
      nginx.wait_for("a second worker", function()
        nginx.together(ask, ask, ask, ask, ask, ask)
        return workers > 1
      end)
    end)
    local _, lines = read "audit.log":gsub("\n", "")
    assert.equal(requests * EACH, lines)
    cli.runs("lines, unbroken", { "audit", "verify", folder .. "/audit.log", "--key-file", folder .. "/key" })
  end)

  it("refuses what would need a secret that only the master has", function()
    local answer
    nginx.together(function() answer = server:body "/secret" end)
    assert.equal(folder .. "/audit.log: key is a secret that was made before this process was forked", answer)
    assert.same({}, server:complaints())
  end)
end)
