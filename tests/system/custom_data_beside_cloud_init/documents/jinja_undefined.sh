## template: jinja
#!/bin/sh
note script {{ v1.local_hostname }} {{ ds.meta_data.nothing }}
