"""Where Data Exports answers: everything goes to one path of one region."""

from sandbox.emulator.bcmdataexports.responses import DataExportsResponse

url_bases = [r"https?://bcm-data-exports\.(.+)\.amazonaws\.com"]

url_paths = {"{0}/$": DataExportsResponse.dispatch}
