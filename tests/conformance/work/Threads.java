import java.util.concurrent.*;
import java.util.stream.*;

public class Threads {
    public static void main(String[] arguments) throws Exception {
        ExecutorService pool = Executors.newFixedThreadPool(4);
        var results = IntStream.range(0, 20).mapToObj(n -> pool.submit(() -> (long) n * n)).toList();
        long sum = 0;
        for (var result : results) sum += result.get();
        pool.shutdown();
        System.out.println(sum + " " + pool.awaitTermination(60, TimeUnit.SECONDS));
        System.out.println(IntStream.rangeClosed(1, 1000).parallel().mapToObj(String::valueOf)
            .collect(Collectors.joining()).length());
    }
}
