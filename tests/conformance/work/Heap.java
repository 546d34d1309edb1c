import java.nio.*;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;
import java.util.concurrent.atomic.LongAdder;
import java.util.zip.CRC32;

public class Heap {
    public static void main(String[] arguments) throws Exception {
        LongAdder made = new LongAdder();
        try (var pool = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int task = 0; task < 500; task++) {
                int seed = task;
                pool.submit(() -> {
                    Map<Integer, byte[]> kept = new HashMap<>();
                    for (int n = 0; n < 200; n++) kept.put((n * 31 + seed) % 17, new byte[2048]);
                    Thread.sleep(seed % 5);
                    made.add(kept.size());
                    return null;
                });
            }
        }
        System.out.println("kept " + made.sum());
        Path path = Path.of("heap.bin");
        CRC32 sum = new CRC32();
        try (var file = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            MappedByteBuffer map = file.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 20);
            for (int n = 0; n < map.capacity(); n += 8) map.putLong(n, n * 0x9e3779b97f4a7c15L);
            map.force();
        }
        sum.update(Files.readAllBytes(path));
        System.out.println("crc " + sum.getValue() + " " + Files.size(path));
        int[] none = null;
        try { System.out.println(none[3]); } catch (NullPointerException e) { System.out.println("null"); }
        try { deeper(0); } catch (StackOverflowError e) { System.out.println("deep"); }
        try { List<long[]> all = new ArrayList<>(); while (true) all.add(new long[1 << 20]); }
        catch (OutOfMemoryError e) { System.out.println("full"); }
    }
    static int deeper(int n) { return deeper(n + 1) + 1; }
}
