--- Whether there is a file of that name that can be read.

return function(path)
  local file = io.open(path, "rb")
  if file then
    file:close()
  end
  return file ~= nil
end
