// std::filesystem: trees made, walked, copied, renamed, measured and removed, and its errors.
//
// syscalls: mkdirat openat getdents64 newfstatat renameat2 unlinkat
// status: 0
// expect: made 1, again 0
// expect: a/b/file 14 bytes
// expect: link -> file, same 1
// expect: found a/b/file a/b/link a/b
// expect: copied 14 bytes
// expect: renamed 1 0
// expect: resized 5
// expect: permissions 640
// expect: canonical 1
// expect: No such file or directory
// expect: Directory not empty
// expect: removed 8
// expect: times 1 1

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

namespace fs = std::filesystem;

static void make(const fs::path &root) {
    bool first = fs::create_directories(root / "a/b");
    bool second = fs::create_directories(root / "a/b");
    std::printf("made %d, again %d\n", first, second);
    std::ofstream(root / "a/b/file") << "some text here";
    std::printf("a/b/file %ju bytes\n", fs::file_size(root / "a/b/file"));
    fs::create_symlink("file", root / "a/b/link");
    std::printf("link -> %s, same %d\n", fs::read_symlink(root / "a/b/link").c_str(),
                fs::equivalent(root / "a/b/link", root / "a/b/file"));
}

static void walk(const fs::path &root) {
    std::set<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator(root / "a")) {
        names.insert(entry.path().lexically_relative(root).string());
    }
    std::printf("found");
    for (auto name : {"a/b/file", "a/b/link", "a/b"}) {
        if (names.count(name) == 1) {
            std::printf(" %s", name);
        }
    }
    std::printf("\n");
}

static void change(const fs::path &root) {
    fs::copy(root / "a", root / "copy",
             fs::copy_options::recursive | fs::copy_options::copy_symlinks);
    std::printf("copied %ju bytes\n", fs::file_size(root / "copy/b/file"));
    fs::rename(root / "copy/b", root / "moved");
    std::printf("renamed %d %d\n", fs::exists(root / "moved/file"), fs::exists(root / "copy/b"));
    fs::resize_file(root / "moved/file", 5);
    std::printf("resized %ju\n", fs::file_size(root / "moved/file"));
    fs::permissions(root / "moved/file", fs::perms(0640));
    std::printf("permissions %o\n", unsigned(fs::status(root / "moved/file").permissions()));
    std::printf("canonical %d\n",
                fs::canonical(root / "a/../moved/./file") == fs::canonical(root) / "moved/file");
}

static void fail(const fs::path &root) {
    std::error_code error;
    fs::rename(root / "nothing", root / "else", error);
    std::puts(error.message().c_str());
    try {
        fs::remove(root);
    } catch (const fs::filesystem_error &thrown) {
        std::puts(thrown.code().message().c_str());
    }
}

int main() {
    fs::path root = fs::temp_directory_path() / "cxx_filesystem";
    fs::remove_all(root);
    make(root);
    walk(root);
    change(root);
    fail(root);
    auto changed = fs::last_write_time(root / "a/b/file");
    fs::last_write_time(root / "a/b/file", changed - std::chrono::hours(1));
    bool earlier = fs::last_write_time(root / "a/b/file") == changed - std::chrono::hours(1);
    bool space = fs::space(root).capacity > 0;
    fs::remove(root / "copy");
    std::printf("removed %ju\n", fs::remove_all(root));
    std::printf("times %d %d\n", earlier, space);
}
