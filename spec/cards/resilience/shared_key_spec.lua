--- lua/cards/resilience/shared_key: the key of the hosts, from the environment.

local core = require "cards.core"
local program = require "support.program"

local KEY = "a key of a fleet"

--- What a program prints with these variables.
local function run(variables, source)
  local output, status = program.run('local shared_key, core = require "cards.resilience.shared_key", require "cards.core"\n' .. source,
    { env = { CARDS_SHARED_KEY = variables.CARDS_SHARED_KEY or "", CARDS_SHARED_KEY_FILE = variables.CARDS_SHARED_KEY_FILE or "" } })
  assert.equal(0, status, output)
  return output
end

local NAME = 'print(core.name_with(assert(shared_key()), "x"))'
local WRONG = "print(shared_key())"

describe("the key that hosts share", function()
  local name = core.name_with(core.shared_key(core.secret(KEY)), "x") .. "\n"

  it("is that of the variable, or of the file that the other one names", function()
    local path = program.file(KEY .. "\n")
    assert.equal(name, run({ CARDS_SHARED_KEY = KEY }, NAME))
    assert.equal(name, run({ CARDS_SHARED_KEY_FILE = path }, NAME))
    assert.equal(name, run({ CARDS_SHARED_KEY_FILE = path, CARDS_SHARED_KEY = "another key of a fleet" }, NAME))
    os.remove(path)
  end)

  it("is read once", function()
    local path = program.file(KEY)
    local output = run({ CARDS_SHARED_KEY_FILE = path }, 'local key = shared_key() os.remove(os.getenv "CARDS_SHARED_KEY_FILE") print(key == shared_key())')
    assert.equal("true\n", output)
  end)

  it("says what is wrong, and shows nothing", function()
    assert.equal("nil\tthere is no key that the hosts share: set CARDS_SHARED_KEY, or CARDS_SHARED_KEY_FILE to the path of a file that has it "
      .. "(16 bytes or more, the same on all hosts)\n", run({}, WRONG))
    assert.equal("nil\tCARDS_SHARED_KEY: a key that hosts share has 16 to 4096 bytes\n", run({ CARDS_SHARED_KEY = "15 bytes of key" }, WRONG))
    assert.matches("^nil\tCARDS_SHARED_KEY_FILE: .*No such file", run({ CARDS_SHARED_KEY_FILE = "/nonexistent/key" }, WRONG))
    local path = program.file "too short\n"
    assert.equal("nil\tCARDS_SHARED_KEY_FILE: a key that hosts share has 16 to 4096 bytes\n", run({ CARDS_SHARED_KEY_FILE = path }, WRONG))
    os.remove(path)
  end)

  if program.lua == "luajit" then -- it can call libc's fork
    it("is read again in a process that is forked", function()
      assert.equal(name:rep(2), run({ CARDS_SHARED_KEY = KEY }, [[
        local ffi = require "ffi"
        ffi.cdef "int fork(void); int waitpid(int, int *, int); void _exit(int);"
        print(core.name_with(shared_key(), "x"))
        io.flush()
        if ffi.C.fork() == 0 then
          print(core.name_with(shared_key(), "x"))
          io.flush()
          ffi.C._exit(0)
        end
        ffi.C.waitpid(-1, nil, 0)]]))
    end)
  end
end)
