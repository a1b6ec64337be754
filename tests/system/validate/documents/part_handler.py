#part-handler
def list_types():
    return ["text/x-hunter2"]
