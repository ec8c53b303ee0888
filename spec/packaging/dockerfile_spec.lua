--- What can be said of the Dockerfile without an engine that builds it.

local installed = require "support.installed"
local program = require "support.program"

describe("the Dockerfile", function()
  local contents = installed.contents
  local dockerfile = contents "Dockerfile"

  it("publishes the ports that the installed stand-in takes, as the guide says", function()
    local count = tonumber(contents "spec/sandbox/start":match "\nports=(%d+)")
    local first = tonumber(dockerfile:match '"%-%-port", "(%d+)"')
    local range = ("%d-%d"):format(first, first + count - 1)
    assert.equal(range, dockerfile:match "\nEXPOSE (%S+)")
    for _, text in ipairs { dockerfile, contents "docs/guide/testing.md" } do
      assert.matches(("docker run --rm -p %s:%s cards-sandbox"):format(range, range), text, 1, true)
    end
  end)

  it("copies what is there, and installs no other packages to build than the tests", function()
    local ignored, known = contents ".dockerignore", {}
    for word in contents "spec/support/deps":gmatch '[^%s"=/]+' do
      known[word] = true
    end
    local copied = 0
    for path in dockerfile:gmatch "\nCOPY ([%w_/%.]+) /" do
      assert.equal(0, select(2, program.shell("test -e " .. path)), path)
      assert.matches("\n!" .. path .. "\n", ignored, 1, true)
      copied = copied + 1
    end
    assert.equal(select(2, dockerfile:gsub("\nCOPY ", "")) - 1, copied) -- but for the one from another stage
    local build = dockerfile:match "%-%-no%-install%-recommends ([^\n]+)\nCOPY"
    for package in build:gmatch "%S+" do
      assert.is_true(known[package], package)
    end
  end)
end)
