rockspec_format = "3.0"
package = "cards-cli"
version = "scm-1"
source = { url = "git+file://." }
description = {
  summary = "The program `cards`: calls card providers, checks and runs the scripts around them",
  license = "MIT",
}
supported_platforms = { "linux" }
dependencies = { "lua >= 5.1, < 5.5", "cards", "argparse >= 0.7", "lua-cjson >= 2.1" }
build = {
  type = "none",
  install = {
    lua = {
      ["cards.cli"] = "lua/cards/cli/init.lua",
      ["cards.cli.call"] = "lua/cards/cli/call.lua",
      ["cards.cli.check"] = "lua/cards/cli/check.lua",
      ["cards.cli.completion"] = "lua/cards/cli/completion.lua",
      ["cards.cli.csv"] = "lua/cards/cli/csv.lua",
      ["cards.cli.describe"] = "lua/cards/cli/describe.lua",
      ["cards.cli.environment"] = "lua/cards/cli/environment.lua",
      ["cards.cli.files"] = "lua/cards/cli/files.lua",
      ["cards.cli.journal"] = "lua/cards/cli/journal.lua",
      ["cards.cli.json"] = "lua/cards/cli/json.lua",
      ["cards.cli.new_provider"] = "lua/cards/cli/new_provider.lua",
      ["cards.cli.output"] = "lua/cards/cli/output.lua",
      ["cards.cli.policy"] = "lua/cards/cli/policy.lua",
      ["cards.cli.program.arguments"] = "lua/cards/cli/program/arguments.lua",
      ["cards.cli.program.colour"] = "lua/cards/cli/program/colour.lua",
      ["cards.cli.program.failure"] = "lua/cards/cli/program/failure.lua",
      ["cards.cli.program.fields"] = "lua/cards/cli/program/fields.lua",
      ["cards.cli.program.man"] = "lua/cards/cli/program/man.lua",
      ["cards.cli.program.operations"] = "lua/cards/cli/program/operations.lua",
      ["cards.cli.program.providers"] = "lua/cards/cli/program/providers.lua",
      ["cards.cli.rows"] = "lua/cards/cli/rows.lua",
      ["cards.cli.run"] = "lua/cards/cli/run.lua",
    },
    bin = { cards = "lua/cards/cli/cards" },
  },
}
