## template: jinja
#!/bin/sh
echo {{ v1.local_hostname }} {{ ds.meta_data.hunter }}
apt-get update
