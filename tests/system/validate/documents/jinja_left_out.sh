## template: jinja
#!/bin/sh
echo {{ v1.system_platform }} {{ userdata }} {{ v1.python_version }}
