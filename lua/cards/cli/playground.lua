--- cards playground: a page on this machine to look at calls, mappings and policies, with the sandbox behind it, in the foreground.

local core = require "cards.core"
local sandbox = require "cards.cli.sandbox"

local playground = {}

local here = debug.getinfo(1, "S").source:match "^@(.*)%.lua$" -- the folder of its files

function playground.add(parser)
  parser:option("--port", "The first of its ports, which are in a row. Without it the search for free ones begins at 18640."):argname "PORT"
    :convert(sandbox.port)
  parser:option("--dir", "A folder for keys, certificates and log (~/.cache/cards-playground)."):argname "DIR"
  parser:epilog "It prints an address for a browser on this machine. It needs what the sandbox needs, the module for LuaJIT, and libjs-codemirror."
end

function playground.run(options)
  local place, why = sandbox.place(options.dir, "cards-playground")
  if not place then
    return nil, why
  end
  return core.exec("bash", here .. "/start", sandbox.folder(), place, options.port or "")
end

return playground
