"""The checks of this machine, in the order in which they are printed."""

from pipeline.doctor.accelerators import find_accelerators
from pipeline.doctor.bytecode import find_bytecode
from pipeline.doctor.checks import Check
from pipeline.doctor.container_engine import find_engine, find_engine_disk, try_limits
from pipeline.doctor.disks import find_root_disk, find_temporary_disk
from pipeline.doctor.machine import find_cores, find_memory, find_open_files, find_shared_memory
from pipeline.doctor.model_directories import find_models
from pipeline.doctor.packages import find_packages, find_python, find_vllm
from pipeline.doctor.pins import compare_pins
from pipeline.doctor.ray_settings import find_ray
from pipeline.doctor.run_storage import measure_root

LOCAL_CHECKS = (
    Check("python", find_python),
    Check("packages", find_packages),
    Check("versions", compare_pins),
    Check("engine", find_vllm),
    Check("bytecode", find_bytecode),
    Check("cores", find_cores),
    Check("memory", find_memory),
    Check("shm", find_shared_memory),
    Check("files", find_open_files),
    Check("gpu", find_accelerators),
    Check("docker", find_engine),
    Check("sandbox", try_limits, needs=("docker",)),
    Check("disk", find_root_disk),
    Check("tmp", find_temporary_disk),
    Check("docker disk", find_engine_disk, needs=("docker",)),
    Check("storage", measure_root, needs=("disk",)),
    Check("models", find_models),
    Check("ray", find_ray),
)
