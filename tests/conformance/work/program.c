#define LIMIT 100

struct point { int x, y; };

static int unused_value;

int add(struct point *p, int by) {
    int sum = 0;
    for (int i = 0; i < LIMIT; i++) {
        if (i % 3 == 0) sum += p->x * i;
        else sum -= p->y + by;
    }
    return sum;
}

int main(void) {
    struct point p = {3, 4};
    return add(&p, 5) & 0x7f;
}
