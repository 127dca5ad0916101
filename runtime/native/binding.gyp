{ "targets": [{ "target_name": "watch", "sources": ["watch.cc"] }] }
