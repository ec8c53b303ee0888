--- Programs that a script starts while calls run: they are given none of the library's descriptors, and the calls go on.

local nginx = require "support.nginx"
if nginx.is_missing("programs", pending) then return end

local upstream = require "nginx.upstream"

local server, up

local APP = [[
local app = { alix = @client@ }

function app.serve()
  local record, err = app.alix:private_info(ngx.var.arg_id)
  ngx.print(record and tostring(record.cardNo) or tostring(err))
end

return app
]]

setup(function()
  up = upstream.start "programs-upstream"
  server = nginx.start("programs", {
    app = APP:gsub("@client@", (up.client())), http = "init_worker_by_lua_block { require 'app' }", locations = {
      ["/up"] = 'require("app").serve()',
      ["/execute"] = [[ ngx.print(os.execute "exit 3") ]],
      ["/files"] = [[ local pipe = io.popen "find /proc/self/fd -type l -printf '%l\\n'" ngx.print(pipe:read "*a") pipe:close() ]],
      ["/background"] = [[ os.execute "sleep 300 </dev/null >/dev/null 2>&1 & echo $! >$TMPDIR/sleep.pid" ]],
    },
  })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

--- Runs while so many calls are held; what they are answered with is checked.
local function during_calls(count, run)
  local got, ask = {}, {}
  for i = 1, count do
    ask[i] = function() got[i] = server:body "/up?id=hold" end
  end
  ask[count + 1] = function()
    up.wait_for_held(count)
    local ok, why = pcall(run)
    up.release()
    if not ok then error(why, 0) end
  end
  nginx.together(table.unpack(ask))
  for i = 1, count do assert.equal(upstream.MASKED, got[i]) end
end

--- The sockets that are connected to the upstream: a set of what /proc calls them.
local function to_upstream()
  local found = {}
  local port = (":%04X"):format(up.port)
  for line in io.lines "/proc/net/tcp" do
    local remote, inode = line:match "^%s*%d+: %x+:%x+ %x+(:%x+) %x+ %S+ %S+ %S+ +%d+ +%d+ +(%d+)"
    if remote == port and inode ~= "0" then found[("socket:[%s]"):format(inode)] = true end
  end
  return found
end

describe("os.execute", function()
  it("while calls run leaves them alone", function()
    during_calls(10, function()
      for _ = 1, 20 do assert.not_equal("", server:body "/execute") end
      assert.equal(10, server:calls())
    end)
  end)

  it("hands no connection to a provider to the program", function()
    during_calls(10, function()
      local ours, worker, seen = to_upstream(), {}, 0
      for _, file in pairs(nginx.open_files(server:workers()[1])) do
        if ours[file[1]] then
          worker[file[1]] = true
          seen = seen + 1
          assert.is_true(file.closes)
        end
      end
      assert.is_true(seen >= 10)
      for line in server:body("/files"):gmatch "[^\n]+" do assert.is_nil(worker[line]) end
    end)
  end)

  it("hands it nothing else that the library opened, save the socket that nginx connects to it", function()
    local former = server:reload()[1] -- after which there is a worker that has made no call
    nginx.wait_for("the old worker to end", function() return not nginx.alive(former) end)
    local before = nginx.open_files(server:workers()[1])
    during_calls(10, function()
      local handed = {}
      for fd, file in pairs(nginx.open_files(server:workers()[1])) do
        if not before[fd] and not file.closes then handed[#handed + 1] = file[1] end
      end
      -- the ten requests' own connections to nginx, the one that asks, that socket, and the two by which libcurl wakes itself: nobody can get at those
      assert.is_true(#handed <= 14, table.concat(handed, "\n"))
      for _, what in ipairs(handed) do assert.matches("^socket:", what) end
    end)
  end)

  it("of a program that stays keeps no worker and no connection alive", function()
    local worker = server:workers()[1]
    during_calls(3, function() server:body "/background" end)
    server:reload()
    nginx.wait_for("the old worker to end", function() return not nginx.alive(worker) end)
    nginx.wait_for("its connections to end", function() return next(to_upstream()) == nil end)
    local file = assert(io.open(server.prefix .. "/tmp/sleep.pid"))
    local pid = file:read "*n"
    file:close()
    assert.is_true(nginx.alive(pid))
    nginx.signal(pid, "TERM")
    os.remove(server.prefix .. "/tmp/sleep.pid")
    assert.same({}, server:complaints())
    assert.same({}, server:socket_folders())
  end)
end)
