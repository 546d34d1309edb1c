// The ns16550 at the machine's first serial port: the console before, and without, the virtio port.
#include "arch.h"
#include "machine.h"

enum {
    UART_DATA = 0,
    UART_INTERRUPT_ENABLE = 1,
    UART_FIFO_CONTROL = 2,
    UART_LINE_STATUS = 5,
    RECEIVED_INTERRUPT = 1,
    FIFO_ENABLE = 1,
    DATA_READY = 1,
    SEND_EMPTY = 0x20,
};

static volatile uint8_t *uart(unsigned offset) {
    return pa_to_va(UART_BASE + offset);
}

void uart_put(char c) {
    while ((*uart(UART_LINE_STATUS) & SEND_EMPTY) == 0) {
    }
    *uart(UART_DATA) = (uint8_t)c;
}

int uart_get(void) {
    return (*uart(UART_LINE_STATUS) & DATA_READY) == 0 ? -1 : *uart(UART_DATA);
}

void uart_irq_enable(irq_handler_fn handler) {
    irq_register(UART_IRQ, handler, NULL);
    *uart(UART_FIFO_CONTROL) = FIFO_ENABLE;
    *uart(UART_INTERRUPT_ENABLE) = RECEIVED_INTERRUPT;
}
