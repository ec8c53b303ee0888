--- Exit statuses: one table, which is also that of the guide.

local core = require "cards.core"
local failure = require "cards.cli.program.failure"

local function failed(kind)
  return core.error { kind = kind, provider = "alix", operation = "private_info", message = "x", attempts = 1, retryable = false }
end

describe("cards.cli.program.failure", function()
  it("has a status of its own for each kind, from 3 on", function()
    local seen = {}
    for _, kind in ipairs { "invalid_request", "auth", "not_found", "rate_limited", "declined", "provider", "timeout", "network", "tls", "protocol", "busy",
      "cancelled" } do
      local status = failure.status(failed(kind))
      assert.truthy(status >= 3 and status < 126, kind)
      assert.is_nil(seen[status], kind)
      seen[status] = true
    end
    assert.equal(1, failure.status "a text")
    assert.equal(1, failure.status(failed "of_tomorrow"))
    assert.equal(1, failure.status { kind = "auth" }) -- no error of the library's
  end)

  it("is what the guide says", function()
    local file = assert(io.open "docs/guide/program.md")
    local page = file:read "*a"
    file:close()
    local rows = 0
    for line in page:gmatch "\n| (%d[^\n]*) |" do
      rows = rows + 1
      local status, name, meaning = line:match "^(%d+) | `([%l_]+)` | (.*)$"
      assert.same({ tostring(failure.statuses[rows][1]), failure.statuses[rows][2], failure.statuses[rows][3] }, { status, name, meaning })
    end
    assert.equal(#failure.statuses, rows)
  end)
end)
