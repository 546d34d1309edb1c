// The end of the run: what is known now and not later goes to the host, then the exit status, then
// the power off.
#include "arch.h"
#include "channel.h"
#include "page.h"
#include "report.h"
#include "set.h"

SET_DECLARE(exit_report, report_fn);

void machine_exit(int exit_status) {
    static bool exiting; // a report that panics must not come back here
    if (!exiting) {
        exiting = true;
        uint64_t peak_bytes = page_peak_count() * PAGE_SIZE;
        channel_send(CHANNEL_MEMORY, &peak_bytes, sizeof(peak_bytes));
        SET_FOR_EACH (report, exit_report, report_fn) {
            (*report)();
        }
    }
    int32_t status = exit_status;
    channel_send(CHANNEL_EXIT, &status, sizeof(status));
    channel_flush();
    power_off(exit_status);
}
