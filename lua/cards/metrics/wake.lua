--- Tells who shares metrics that there will be something to share.

local wake = {}

local listener

--- Has a function called the next times that there will be something.
-- @param call the function; nil for none any more
function wake.listen(call)
  listener = call
end

--- There will be something: a call begins in nginx, or an act of revealing is counted.
function wake.tell()
  if listener then
    listener()
  end
end

return wake
