// The PL011 (Arm DDI 0183): the console before, and without, the virtio port.
#include "arch.h"
#include "machine.h"

enum uart_register {
    UART_DATA = 0x0,
    UART_FLAGS = 0x18,
    UART_LINE_CONTROL = 0x2c,
    UART_CONTROL = 0x30,
    UART_INTERRUPT_MASK = 0x38,
};

enum {
    RECEIVE_EMPTY = 1 << 4,
    SEND_FULL = 1 << 5,
    EIGHT_BITS_FIFO = 0x70,
    ENABLE_BOTH_WAYS = 0x301,
    INTERRUPT_RECEIVED = 1 << 4,
    INTERRUPT_RECEIVE_TIMEOUT = 1 << 6,
};

static volatile uint32_t *uart(enum uart_register offset) {
    return pa_to_va(UART_BASE + offset);
}

void uart_put(char c) {
    while ((*uart(UART_FLAGS) & SEND_FULL) != 0) {
    }
    *uart(UART_DATA) = (uint8_t)c;
}

int uart_get(void) {
    return (*uart(UART_FLAGS) & RECEIVE_EMPTY) != 0 ? -1 : (int)(*uart(UART_DATA) & 0xff);
}

void uart_irq_enable(irq_handler_fn handler) {
    irq_register(UART_IRQ, handler, NULL);
    *uart(UART_LINE_CONTROL) = EIGHT_BITS_FIFO;
    *uart(UART_CONTROL) = ENABLE_BOTH_WAYS;
    *uart(UART_INTERRUPT_MASK) = INTERRUPT_RECEIVED | INTERRUPT_RECEIVE_TIMEOUT;
}
