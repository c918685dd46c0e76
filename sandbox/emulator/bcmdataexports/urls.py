"""The addresses of Data Exports: one path for every operation."""

from sandbox.emulator.bcmdataexports.responses import DataExportsResponse

url_bases = [r"https?://bcm-data-exports\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": DataExportsResponse.dispatch}
