"""Where work is carried out: in processes of this machine, or by Ray.

    processes  worker processes, and how they are talked to
    tasks      carry out tasks by an engine: how many at once, again where a process died
    local      an engine: processes of this machine
    ray_tasks  an engine: Ray, on this machine or on a cluster

Nothing here knows what the work is.
"""
