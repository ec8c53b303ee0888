--- The manual page cards(1): everything that --help says, without a mistake in its roff.

local cli = require "support.cli"
local man = require "cards.cli.program.man"
local program = require "support.program"

local _, write, remove, page

setup(function()
  _, write, _, remove = cli.folder()
  page = write("cards.1", man.page())
end)

teardown(function() remove() end)

local function is_installed(name)
  return select(2, program.shell("command -v " .. name)) == 0
end

--- The words of a text in small letters, and nothing else.
local function words_of(text)
  local list = {}
  for word in text:lower():gmatch "%w+" do
    list[#list + 1] = word
  end
  return " " .. table.concat(list, " ") .. " "
end

describe("the manual page", function()
  local CHECKERS = { groff = "groff -man -ww -Tutf8 %s 2>&1 >/dev/null", mandoc = "mandoc -T lint -W warning %s | grep -v 'missing date'" }
  for checker, command in pairs(CHECKERS) do
    it("has no mistake that " .. checker .. " finds", function()
      if not is_installed(checker) then
        pending(("there is no %s here"):format(checker))
        return
      end
      assert.equal("", (program.shell(command:format(page))))
      local wrong = write("wrong.1", ".TH X 1\n.SH NAME\nx \\- y\n\\fB\\[nothing-of-that-name]\n.if\n.XX\n")
      assert.not_equal("", (program.shell(command:format(wrong)))) -- it does look
    end)
  end

  it("says what the help of each command says", function()
    if not is_installed "groff" then
      pending "there is no groff here"
      return
    end
    local text, status = program.shell("groff -man -Tascii -P-cbou -rLL=200n " .. page)
    assert.equal(0, status, text)
    for _, section in ipairs { "NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS" } do
      assert.truthy(("\n" .. text):find("\n" .. section .. "\n", 1, true), section)
    end
    local shown, count = words_of(text), 0
    for _, command in ipairs { "call", "run", "check", "describe", "policy explain", "new-provider", "completion" } do
      assert.truthy(text:find("cards " .. command, 1, true), command)
      local help = cli.runs("", { command:match "%S+", command:match " (%S+)" or "--help", "--help" })
      for block in (help:gsub("\nProviders:.-\n\n", "\n\n") .. "\n\n"):gmatch "(.-)\n\n+" do
        for line in block:gmatch "[^\n]+" do
          local words = words_of((line:gsub("^Usage: ", "")))
          assert.truthy(shown:find(words, 1, true), command .. ": " .. line)
          count = count + 1
        end
      end
    end
    assert.truthy(count > 60, count)
  end)
end)
