
  
#!/bin/sh
note space
