// iostream: standard input by words and lines, numbers and formats, files, strings, locale names.
//
// syscalls: read write openat close
// args: one two
// stdin: 12 3.5 word\nthe rest of the line\nlast
// status: 3
// expect: 3 arguments, the last is two
// expect: int 12 double 3.5 string word
// expect: line [the rest of the line]
// expect: line [last] end 1
// expect: 0x00ff 1.235e+03 [   right][left   ] true
// expect: file: 3 lines, 21 bytes, third "line 2"
// expect: parsed 42 failed 1
// expect: 1,2,3

#include <fstream>
#include <iomanip>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

static void input() {
    int number;
    double real;
    std::string word, line;
    std::cin >> number >> real >> word >> std::ws;
    std::cout << "int " << number << " double " << real << " string " << word << std::endl;
    std::getline(std::cin, line);
    std::cout << "line [" << line << "]\n";
    std::getline(std::cin, line);
    std::cout << "line [" << line << "] end " << std::cin.eof() << '\n';
}

static void formats() {
    std::cout << "0x" << std::hex << std::setw(4) << std::setfill('0') << 255 << std::dec
              << std::setfill(' ') << ' ' << std::scientific << std::setprecision(3) << 1234.5678
              << " [" << std::right << std::setw(8) << "right"
              << "][" << std::left << std::setw(7) << "left"
              << "] " << std::boolalpha << true << '\n';
}

static void files() {
    const char *name = "/tmp/cxx_streams";
    {
        std::ofstream out(name);
        for (int i = 0; i < 3; i++) {
            out << "line " << i << '\n';
        }
    }
    std::ifstream in(name, std::ios::binary);
    std::string line, last;
    int lines = 0;
    for (; std::getline(in, line); lines++) {
        last = line;
    }
    in.clear();
    in.seekg(0, std::ios::end);
    std::cout << "file: " << lines << " lines, " << in.tellg() << " bytes, third \"" << last
              << "\"\n";
}

int main(int argc, char **argv) {
    std::cout << argc << " arguments, the last is " << argv[argc - 1] << std::endl;
    input();
    formats();
    files();
    std::istringstream text("42 x");
    int first, second;
    text >> first >> second;
    std::cout << "parsed " << first << " failed " << std::noboolalpha << text.fail() << '\n';
    std::vector<int> numbers{1, 2, 3};
    std::ostringstream joined;
    std::copy(numbers.begin(), numbers.end(), std::ostream_iterator<int>(joined, ","));
    std::cout << joined.str().substr(0, 5) << '\n';
    std::cerr << "to standard error\n";
    return 3;
}
