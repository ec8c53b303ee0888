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
      ["cards.cli.sandbox"] = "lua/cards/cli/sandbox.lua",
      -- the stand-in that it starts
      ["cards.cli.sandbox.acme"] = "spec/sandbox/acme.lua",
      ["cards.cli.sandbox.answer"] = "spec/sandbox/answer.lua",
      ["cards.cli.sandbox.bank"] = "spec/sandbox/bank.lua",
      ["cards.cli.sandbox.certs"] = "spec/sandbox/certs",
      ["cards.cli.sandbox.control"] = "spec/sandbox/control.lua",
      ["cards.cli.sandbox.framing"] = "spec/sandbox/framing.lua",
      ["cards.cli.sandbox.gzip"] = "spec/sandbox/gzip.lua",
      ["cards.cli.sandbox.issuers"] = "spec/sandbox/issuers.lua",
      ["cards.cli.sandbox.json"] = "spec/sandbox/json.lua",
      ["cards.cli.sandbox.misbehave"] = "spec/sandbox/misbehave.lua",
      ["cards.cli.sandbox.nginx_conf_in"] = "spec/sandbox/nginx.conf.in",
      ["cards.cli.sandbox.numbers"] = "spec/sandbox/numbers.lua",
      ["cards.cli.sandbox.parts"] = "spec/sandbox/parts.lua",
      ["cards.cli.sandbox.providers"] = "spec/sandbox/providers.lua",
      ["cards.cli.sandbox.request"] = "spec/sandbox/request.lua",
      ["cards.cli.sandbox.serve"] = "spec/sandbox/serve.lua",
      ["cards.cli.sandbox.show"] = "spec/sandbox/show",
      ["cards.cli.sandbox.start"] = "spec/sandbox/start",
      ["cards.cli.sandbox.stop"] = "spec/sandbox/stop",
      ["cards.cli.sandbox.tree"] = "spec/sandbox/tree.lua",
      ["cards.cli.sandbox.verify"] = "spec/sandbox/verify.lua",
      ["cards.cli.sandbox.wire"] = "spec/sandbox/wire.lua",
    },
    bin = { cards = "lua/cards/cli/cards" },
  },
}
