--- Calls in nginx's stream module, where it has Lua: a server of a protocol of its own answers with masked cards, and its worker goes on meanwhile.

local nginx = require "support.nginx"
if nginx.is_missing("stream", pending) then return end
if not nginx.modules "stream" then
  pending "nginx, stream: it has no stream-lua-nginx-module, which Debian has no package of; see NGINX_BIN in CONTRIBUTING.md"
  return
end

local upstream = require "nginx.upstream"

local STREAM = [[
stream {
  @package@
  lua_add_variable $got;
  server {
    listen 127.0.0.1:@content@;
    content_by_lua_block {
      local socket = assert(ngx.req.socket())
      local alix = @client@
      for id in function() return socket:receive() end do
        local record, err = alix:private_info(id)
        ngx.say(record and tostring(record.cardNo) or tostring(err))
      end
    }
  }
  server {
    listen 127.0.0.1:@preread@;
    preread_by_lua_block {
      local record, err = (@client@):private_info "c_1"
      ngx.var.got = record and tostring(record.cardNo) or tostring(err)
    }
    return $got;
  }
}
]]

local server, up, content, preread

setup(function()
  up = upstream.start "stream-upstream"
  content, preread = nginx.free_port(), nginx.free_port()
  server = nginx.start("stream", {
    stream = (STREAM:gsub("@(%w+)@", { content = content, preread = preread, client = up.client() })),
  })
end)

teardown(function()
  if server then server:stop() end
  if up then up:stop() end
end)

local function connect(port)
  local connection = require "cqueues.socket".connect("127.0.0.1", port)
  connection:onerror(function(_, _, why) return why end)
  connection:settimeout(20)
  connection:setmode("t", "tl")
  return connection
end

--- What is answered to a line.
local function ask(connection, line)
  assert(connection:write(line, "\n"))
  return connection:read "*l"
end

describe("a call in nginx's stream module", function()
  it("is answered, one after another of a connection", function()
    nginx.together(function()
      local connection = connect(content)
      assert.equal(upstream.MASKED, ask(connection, "c_1"))
      assert.equal("alix.private_info: not_found (HTTP 404, code 404): no card", ask(connection, "missing"))
      assert.equal(upstream.MASKED, ask(connection, "c_2"))
      connection:close()
    end)
  end)

  it("lets the worker go on meanwhile", function()
    local first
    nginx.together(function()
      first = ask(connect(content), "hold")
    end, function()
      up.wait_for_held(1)
      local other = ask(connect(content), "c_1")
      up.release()
      assert.equal(upstream.MASKED, other)
    end)
    assert.equal(upstream.MASKED, first)
  end)

  it("may stand in preread, too", function()
    nginx.together(function() assert.equal(upstream.MASKED, (connect(preread):read "*a")) end)
  end)

  it("leaves no complaint in the log", function() assert.same({}, server:complaints()) end)
end)
