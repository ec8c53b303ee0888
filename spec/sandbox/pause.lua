--- Waits for at least so many seconds, so that a caller may hold an answer to them.
-- nginx counts from when it last looked at the clock, which may be long ago on a busy machine, and in whole milliseconds.
return function(seconds)
  ngx.update_time()
  ngx.sleep(seconds + 0.001)
end
