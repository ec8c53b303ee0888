--- cards completion: what shells complete of the program's arguments.

local cli = require "support.cli"
local program = require "support.program"

local runs, fails = cli.runs, cli.fails
local _, write, remove

setup(function()
  _, write, _, remove = cli.folder()
end)

teardown(function() remove() end)

local function is_installed(name)
  return select(2, program.shell("command -v " .. name)) == 0
end

describe("cards completion", function()
  it("has bash complete commands, providers, operations, options and values", function()
    local script = write("completion.bash", runs("complete -F _cards", { "completion", "bash" }, { only = "stdout" }))
    --- What bash offers behind these words, sorted.
    local function offered(...)
      local words = {}
      for i, word in ipairs { "cards", ... } do
        words[i] = program.quote(word)
      end
      local output, status = program.shell("bash --norc -c " .. program.quote(([[
        set -e
        source %s
        COMP_WORDS=(%s); COMP_CWORD=%d
        [ "$(complete -p cards)" = "complete -o bashdefault -o default -F _cards cards" ]
        _cards || true
        printf '%%s\n' "${COMPREPLY[@]}" | sort -u | paste -sd ' ']]):format(program.quote(script), table.concat(words, " "), #words - 1)))
      assert.equal(0, status, output)
      return (output:gsub("\n$", ""))
    end
    assert.equal("call check collect completion", offered "c")
    assert.equal("describe", offered "des")
    assert.equal("alix netxd nayax payengine whop", (offered("call", ""):gsub("nayax netxd", "netxd nayax")))
    assert.equal("private-info private_info", offered("call", "alix", "p"))
    assert.equal("--card-id", offered("call", "alix", "private_info", "--c"))
    assert.equal("--card-id --channel --customer-id", offered("call", "netxd", "get_cvv", "--c"))
    assert.equal("PULSE VISA_DPS", offered("call", "netxd", "get_cvv", "--channel", ""))
    assert.equal("--policy --provider", offered("call", "alix", "private_info", "--p"))
    assert.equal("explain", offered("policy", ""))
    assert.equal("", offered("call", "nobody", "x"))
  end)

  for shell, check in pairs { zsh = "zsh -n", fish = "fish --no-execute" } do
    it("writes what " .. shell .. " reads", function()
      local text = runs("private_info", { "completion", shell }, { only = "stdout" })
      assert.matches("get_cvv", text)
      assert.matches("new%-provider", text)
      assert.matches("netxd.*channel.*PULSE VISA_DPS", text)
      if not is_installed(shell) then
        pending(("there is no %s here to check its syntax"):format(shell))
        return
      end
      local output, status = program.shell(check .. " " .. write("completion." .. shell, text))
      assert.equal(0, status, output)
    end)
  end

  it("says which shells there are", function()
    fails(2, "must be one of 'bash', 'zsh', 'fish'", { "completion", "tcsh" })
    fails(2, "missing argument 'shell'", { "completion" })
    runs("cards completion bash >", { "completion", "--help" })
  end)
end)
