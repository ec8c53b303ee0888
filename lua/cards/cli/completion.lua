--- cards completion SHELL: writes what a shell needs to complete the program's arguments, providers and operations too.

local completion = {}

function completion.add(parser)
  parser:argument("shell", "The shell."):choices { "bash", "zsh", "fish" }
  parser:epilog [[
Where it goes:
   bash                    cards completion bash > ~/.local/share/bash-completion/completions/cards
   zsh                     cards completion zsh > a folder of $fpath, as _cards
   fish                    cards completion fish > ~/.config/fish/completions/cards.fish]]
end

function completion.run(options, program)
  local written, why = io.stdout:write(program["get_" .. options.shell .. "_complete"](program))
  return written and 0, why and "standard output: " .. why
end

return completion
