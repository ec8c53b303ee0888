--- cards.watch: a file that is read again.

local cards = require "cards"
local core = require "cards.core"
local program = require "support.program"

local path, now, real_now

local function write(text)
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- Time goes as the spec says.
before_each(function()
  path, now, real_now = program.file "return { exp_year = keep }", 100, core.now
  core.now = function() return now end
end)

after_each(function()
  core.now = real_now
  os.remove(path)
end)

describe("cards.watch", function()
  it("is called as the policy is, and picks an edit up after the interval", function()
    local show = assert(cards.watch(path))
    local card = { exp_year = 2027, status = "open" }
    assert.same({ exp_year = 2027, status = "***" }, show(card))
    local former = show.current
    write "return { status = keep }"
    assert.same({ exp_year = 2027, status = "***" }, show(card))
    now = now + 1
    assert.same({ exp_year = "***", status = "open" }, show(card))
    assert.not_equal(former, show.current)
    assert.same({ exp_year = 2027, status = "***" }, former(card))
  end)

  it("reads the file once for a look", function()
    local reads, real = 0, core.read_file
    finally(function() core.read_file = real end)
    core.read_file = function(...)
      reads = reads + 1
      return real(...)
    end
    local show = assert(cards.watch(path))
    assert.equal(1, reads)
    write "return { status = keep }"
    now = now + 1
    assert.equal("open", show({ status = "open" }).status)
    assert.equal(2, reads)
  end)

  it("keeps the former version where an edit is broken, and says so once", function()
    local errors = {}
    local show = assert(cards.watch(path, { interval = 5, on_error = function(err) table.insert(errors, err) end }))
    write "return { exp_year = keep, cvv = keep }"
    for _ = 1, 3 do
      now = now + 5
      assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    end
    assert.equal(1, #errors)
    assert.truthy(errors[1].message:find(path .. ":1: ", 1, true))
    os.remove(path)
    now = now + 5
    assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    assert.equal(2, #errors)
    write "return { exp_year = hide }"
    now = now + 5
    assert.equal("***", show({ exp_year = 2027 }).exp_year)
    assert.equal(2, #errors)
  end)

  it("keeps the former version where the file becomes one of another kind", function()
    local errors = {}
    local show = assert(cards.watch(path, { on_error = function(err) table.insert(errors, err) end }))
    local card = cards.card(setmetatable({ expYear = "27" }, { __metatable = "alix.private_info" }))
    write "return { ['alix.private_info'] = { status = 'expYear' } }"
    now = now + 1
    assert.equal(2027, show({ exp_year = 2027 }).exp_year)
    assert.equal(path .. ": it was a policy and is a mapping now", errors[1].message)
    assert.same(card, cards.card(setmetatable({ expYear = "27" }, { __metatable = "alix.private_info" })))
  end)

  it("tells standard error where nobody else wants to know, and survives a listener that fails", function()
    local output, status = program.run(([[
      local core, now = require "cards.core", 0
      core.now = function() return now end
      local cards = require "cards"
      local function write(text) local file = io.open(%q, "wb") file:write(text) file:close() end
      local show = assert(cards.watch(%q))
      local other = assert(cards.watch(%q, { on_error = function() error "listener" end }))
      write "return {"
      for i = 1, 3 do now = i * 2 show {} other {} end
    ]]):format(path, path, path))
    assert.equal(0, status, output)
    assert.equal(1, select(2, output:gsub("the former version stays in use", "")))
    assert.equal(1, select(2, output:gsub("on_error failed: [^\n]*listener", "")))
  end)

  it("gives the module of a definition, and defines mappings anew", function()
    local function definition(address)
      return ("return { name = 'watched', base_url = 'https://%s.example', auth = { type = 'bearer', credential = 'token' }, "
        .. "operations = { show = { path = '/c', response = { fields = { id = 'string' } } } } }"):format(address)
    end
    write(definition "a")
    local watched = assert(cards.watch(path))
    local module = watched.current
    assert.equal("watched", module.provider)
    write(definition "b")
    now = now + 1
    assert.not_equal(module, watched.current)
    write "return { ['watched.show'] = { id = 'id' } }"
    local mapping = assert(cards.watch(path))
    assert.is_true(mapping.current)
    local record = setmetatable({ id = "c_1" }, { __metatable = "watched.show" })
    assert.equal("c_1", cards.card(record).id)
    write "return { ['watched.show'] = { status = 'id' } }"
    now = now + 1
    assert.is_true(mapping.current)
    assert.is_nil(cards.card(record).id)
  end)

  it("refuses a file that cannot be loaded, and misuse", function()
    write "return {"
    local watcher, err = cards.watch(path)
    assert.is_nil(watcher)
    assert.equal("invalid_request", err.kind)
    for _, wrong in ipairs { { nil }, { path, { intervl = 1 } }, { path, { interval = -1 } }, { path, { on_error = 5 } }, { path, 5 } } do
      local ok, message = pcall(function() cards.watch(wrong[1], wrong[2]) end)
      assert.is_false(ok)
      assert.matches("watch_spec.lua:%d+: cards.watch: ", message)
    end
    write "return { exp_year = keep }"
    watcher = assert(cards.watch(path))
    assert.has_error(function() watcher.current = 1 end)
    assert.equal("cards.watch", getmetatable(watcher))
  end)
end)
